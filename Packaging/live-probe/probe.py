"""One run: the zone that it makes, its questions, and what becomes of them."""

import time

import balancer
import publication
from api import Api, Refused, Trouble, shown
from made import Made
from questions import QUESTIONS, Answer, Skipped


class Probe:
    """What the questions share. `zone_id` is there once the zone is made."""

    def __init__(self, options, token, limited, note):
        self.zone, self.mark = options.zone, "signalbox live-probe %s" % options.run
        self.mail = options.email or "hostmaster@" + options.zone
        self.made = Made(options.state_file, options.api)
        self.api = Api(options.api, token, self.made.owns, note)
        self.limited, self.note, self.run, self.region = limited, note, options.run, options.region
        self.name_servers, self.changes = options.name_servers, options.changes
        self.patience, self.poll, self.settle = options.patience, options.poll, options.settle
        self.with_balancer = options.with_nodebalancer
        self.rows, self.failures = [], 0
        self.zone_id, self.made_zone = None, None

    # Before anything is made.

    def check(self):
        """Reads only: whether the token may, and whether the zone would be in anyone's way."""
        first = self.api.get("/domains?page=1&page_size=100")
        if first.status in (401, 403):
            raise Refused("the token may not read the account's zones: " + first.said())
        if not first.ok:
            raise Refused("%s: %s" % (first.call, first.said()))
        scopes = first.headers.get("x-oauth-scopes", "")
        known = scopes.replace(",", " ").split()
        enough = ("*", "domains:read_write", "domains:*", "unknown")
        if known and not any(each in known for each in enough):
            raise Refused("the token's scopes are %s; domains:read_write is needed" % shown(scopes))
        wanted = ("*", "nodebalancers:read_write", "nodebalancers:*", "unknown")
        if self.with_balancer and known and not any(each in known for each in wanted):
            raise Refused("--with-nodebalancer needs the scope nodebalancers:read_write")
        for domain in self._pages("/domains"):
            name = str(domain.get("domain", "")).lower()
            if name == self.zone:
                raise Refused(
                    "the zone %s exists: the probe only works on a zone that it makes; "
                    "leave out --zone, or name one that does not exist" % self.zone
                )
            if name.endswith("." + self.zone):
                raise Refused("%s would come above your zone %s; name another" % (self.zone, name))
            if self.zone.endswith("." + name):
                self._check_parent(domain["id"], name)
        return scopes

    def _check_parent(self, id, parent):
        """A new zone hides what its parent says of the same names."""
        below = self.zone[: -len(parent) - 1]
        for record in self._pages("/domains/%d/records" % id):
            name = str(record.get("name", "")).lower()
            if name == below or name.endswith("." + below):
                raise Refused(
                    "%s has a record %s: the zone %s would hide it; name another"
                    % (parent, name, self.zone)
                )

    def _pages(self, path):
        page, pages = 1, 1
        while page <= pages:
            reply = self.api.get("%s?page=%d&page_size=100" % (path, page))
            if not reply.ok:
                raise Refused("%s: %s" % (reply.call, reply.said()))
            yield from reply.value("data") or []
            pages, page = int(reply.value("pages") or 1), page + 1

    # What changes something.

    def create(self, item, path, body):
        """Makes what `item` stands for; without a clear reply it is looked for."""
        try:
            reply = self.api.post(path, body)
            unclear = reply.status in (408, 500, 502, 503, 504) or "busy" in reply.text.lower()
            if reply.ok and isinstance(reply.value("id"), int):
                self.made.know(item, reply.body["id"])
                return reply
            if not reply.ok and not unclear:
                return reply
        except Trouble as trouble:
            self.note("%s; looking whether it was made" % trouble)
        time.sleep(5)
        id = self.made.find(self.api, item)
        if id is None:
            raise Trouble("POST %s: no clear reply, and it was not made" % path)
        self.made.know(item, id)
        return self.api.get("%s/%d" % (path, id))

    def again(self, path, body):
        """A second POST of the same, which is expected to be refused."""
        item = self.made.intend("domain", self.zone, self.mark)
        reply = self.api.post(path, {**body, "description": self.mark})
        if reply.ok:
            self.made.know(item, reply.body["id"])
        else:
            self.made.forget(item)
        return reply

    def record(self, type, name, target, ttl):
        """The reply to a POST of a record."""
        body = {"type": type, "name": name, "target": target, "ttl_sec": ttl}
        return self.api.post("/domains/%d/records" % self.zone_id, body)

    def must(self, type, name, target, ttl):
        """The id of a record that is needed for a question."""
        reply = self.record(type, name, target, ttl)
        if not reply.ok:
            raise Trouble("%s %s was not made: %s" % (type, name, reply.said()))
        return reply.body["id"]

    def path(self, id):
        return "/domains/%d/records/%d" % (self.zone_id, id)

    # The run.

    def ask_everything(self):
        item = self.made.intend("domain", self.zone, self.mark)
        self.note("making the zone %s" % self.zone)
        reply = self.create(
            item,
            "/domains",
            {"domain": self.zone, "type": "master", "soa_email": self.mail,
             "description": self.mark},
        )  # fmt: skip
        if not reply.ok:
            self.made.forget(item)
            raise Refused(
                "the zone %s was not made: %s. Name another with --zone: a name below a domain of "
                "yours that has no records" % (self.zone, reply.said())
            )
        self.zone_id, self.made_zone = item["id"], reply.body
        # First: a later question may leave the zone in a state that is not rendered.
        if self.changes:
            self._take("publication", "delay per name server", publication.measure)
        for key, text, function in QUESTIONS:
            self.note(text)
            self._take(key, text, function)
        if self.with_balancer:
            label = "sbprobe-" + self.run
            item = self.made.intend("nodebalancer", label, "signalbox-probe-" + self.run)
            self.note("making the NodeBalancer " + label)
            self._take("nodebalancer", "a NodeBalancer", lambda p: balancer.measure(p, item))

    def _take(self, key, text, function):
        """The answer of one question, or of several; one that fails does not end the others."""
        state = "asked"
        try:
            found = function(self)
        except Skipped as reason:
            state, found = "skipped", Answer("not asked: %s" % reason)
        except Refused:
            raise
        except Exception as error:
            self.failures += 1
            state = "failed"
            found = Answer("could not be asked: %s: %s" % (type(error).__name__, shown(str(error))))
        rows = found if isinstance(found, list) else [(key, text, found)]
        for key, text, answer in rows:
            self.rows.append(
                {
                    "key": key, "question": text, "state": state, "answer": answer.found,
                    "assumed": answer.assumed, "agrees": answer.agrees, "detail": answer.detail,
                }
            )  # fmt: skip
