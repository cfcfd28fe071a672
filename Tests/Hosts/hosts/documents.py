"""The blocks of commands in the documents: what a reader runs is what is tested."""

import re

from shell import Failure


def block(path, kind, name):
    """The text of the block that begins with ```KIND NAME."""
    with open(path) as file:
        text = file.read()
    found = re.findall(rf"^```{kind} {name}\n(.*?)^```$", text, re.DOTALL | re.MULTILINE)
    if len(found) != 1:
        raise Failure(f"{path} has {len(found)} blocks ```{kind} {name}; one is needed")
    return found[0]


def command(path, question):
    """The command that a table answers a question with: | question | `command` |."""
    with open(path) as file:
        found = re.findall(rf"^\| {re.escape(question)} \| `([^`]+)` \|$", file.read(), re.M)
    if len(found) != 1:
        raise Failure(f"{path} has {len(found)} answers to \"{question}\"; one is needed")
    return found[0]
