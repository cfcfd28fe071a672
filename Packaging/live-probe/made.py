"""What the probe made and has to delete again: kept in a file until it is gone."""

import json
import os
import pathlib


class Made:
    """The deletion list of one run. An item is written down before it is asked for."""

    PATHS = {"domain": "/domains", "nodebalancer": "/nodebalancers"}

    def __init__(self, path, api, items=None):
        self.path, self.api, self.items = pathlib.Path(path), api, items or []

    @classmethod
    def load(cls, path):
        with open(path) as file:
            document = json.load(file)
        return cls(path, document["api"], document["items"])

    def intend(self, kind, name, mark):
        """To be called before the POST: `name` and `mark` find it again if no reply comes."""
        item = {"kind": kind, "name": name, "mark": mark, "id": None}
        self.items.append(item)
        self._save()
        return item

    def know(self, item, id):
        item["id"] = id
        self._save()

    def forget(self, item):
        self.items = [each for each in self.items if each is not item]
        self._save()

    def owns(self, method, path):
        """Whether a change is one of what this run made, or is about to make."""
        for item in self.items:
            root = self.PATHS[item["kind"]]
            if item["id"] is None:
                if method == "POST" and path == root:
                    return True
            elif path == "%s/%d" % (root, item["id"]) or path.startswith("%s/%d/" % (root, item["id"])):
                return True
        return False

    def find(self, api, item):
        """The object's id, by its name and its mark; None where it is not there."""
        key = "domain" if item["kind"] == "domain" else "label"
        reply = api.get(self.PATHS[item["kind"]], filter={key: item["name"]})
        if not reply.ok:
            raise ValueError("%s: %s" % (reply.call, reply.said()))
        for entry in reply.value("data") or []:
            if self._is(item, entry):
                return entry["id"]
        return None

    @staticmethod
    def _is(item, entry):
        if item["kind"] == "domain":
            return entry.get("domain") == item["name"] and entry.get("description") == item["mark"]
        return entry.get("label") == item["name"] and item["mark"] in (entry.get("tags") or [])

    def delete_all(self, api, say):
        """Deletes everything, newest first; what could not be deleted stays in the file."""
        problems = []
        for item in reversed(list(self.items)):
            try:
                self._delete(api, item)
            except Exception as error:
                problems.append("%s %s is still there: %s" % (item["kind"], item["name"], error))
            else:
                say("deleted %s %s" % (item["kind"], item["name"]))
                self.forget(item)
        return problems

    def _delete(self, api, item):
        if item["id"] is None:
            id = self.find(api, item)
            if id is None:
                return
            self.know(item, id)
        path = "%s/%d" % (self.PATHS[item["kind"]], item["id"])
        there = api.get(path)
        if there.status == 404:
            return
        if not there.ok:
            raise ValueError("%s: %s" % (there.call, there.said()))
        if not self._is(item, there.body):
            raise ValueError("number %d is another's: it is left alone" % item["id"])
        reply = api.delete(path)
        if reply.status not in (200, 204, 404):
            raise ValueError("%s: %s" % (reply.call, reply.said()))
        after = api.get(path)
        if after.status != 404:
            raise ValueError("%s after its deletion: %s" % (after.call, after.said()))

    def _save(self):
        if not self.items:
            if self.path.exists():
                self.path.unlink()
            return
        self.path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        fresh = self.path.with_suffix(".new")
        descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "w") as file:
            json.dump({"api": self.api, "items": self.items}, file, indent=2)
            file.flush()
            os.fsync(file.fileno())
        os.replace(fresh, self.path)
