"""Writes Signalbox's configuration files from variables."""

from __future__ import annotations

import json
import re

from ansible.errors import AnsibleFilterError

DOCUMENTATION = """
name: toml
short_description: Write a dictionary as TOML
description:
  - Writes a dictionary as a TOML document. Dictionaries become tables, lists of dictionaries
    become arrays of tables, all in the order in which they stand.
  - Keys whose value is null are left out.
options:
  _input:
    description: The document.
    type: dict
    required: true
"""

EXAMPLES = """
- name: Show a document
  ansible.builtin.debug:
    msg: "{{ {'region': 'us-east', 'dynamodb': {'table': 'app'}} | signalbox.failover.toml }}"
"""

RETURN = """
_value:
  description: The text.
  type: str
"""

BARE = re.compile(r"^[A-Za-z0-9_-]+$")


def key(name):
    """A key as it stands in the file, quoted where it has to be."""
    name = str(name)
    return name if BARE.match(name) else json.dumps(name, ensure_ascii=False)


def is_tables(value):
    """Whether a list is one of tables."""
    return isinstance(value, (list, tuple)) and any(isinstance(each, dict) for each in value)


def scalar(value, where):
    """A value that is no table."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, (int, float)):
        return str(value)
    if isinstance(value, str):
        # JSON's texts are TOML's, but for the character that TOML wants escaped.
        return json.dumps(str(value), ensure_ascii=False).replace("\x7f", "\\u007f")
    if isinstance(value, (list, tuple)):
        return "[" + ", ".join(scalar(each, where) for each in value) + "]"
    found = f"{where}: found {value!r}"
    raise AnsibleFilterError(f"{found}; accepted: text, number, true or false, a list of those")


def table(document, path):
    """The lines of a table: its own keys, then the tables in it."""
    lines = []
    where = ".".join(path)
    for name, value in document.items():
        if value is None or isinstance(value, dict) or is_tables(value):
            continue
        lines.append(f"{key(name)} = {scalar(value, f'{where}.{name}')}")
    for name, value in document.items():
        inner = (*path, str(name))
        title = ".".join(key(part) for part in inner)
        if isinstance(value, dict):
            body = table(value, inner)
            # A table that only holds tables needs no line of its own.
            holds_tables = value and all(isinstance(each, dict) for each in value.values())
            lines += body if holds_tables else ["", f"[{title}]", *body]
        elif is_tables(value):
            for each in value:
                if not isinstance(each, dict):
                    raise AnsibleFilterError(f"{where}.{name}: found {each!r}; accepted: tables")
                lines += ["", f"[[{title}]]", *table(each, inner)]
    return lines


def toml(document):
    """The document as text."""
    if not isinstance(document, dict):
        raise AnsibleFilterError(f"found {document!r}; accepted: a dictionary")
    return "\n".join(table(document, ())).strip("\n") + "\n"


class FilterModule:
    """What Ansible asks for."""

    def filters(self):
        return {"toml": toml}
