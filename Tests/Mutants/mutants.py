"""Breaks the decision, or the coordinator's core, in many small ways and asks the tests to notice each.

The ways are generated from the source: every mutant is a place and another text for it. All of
them are compiled into one copy of the package; SIGNALBOX_MUTANT=N switches number N on. The
module's tests run once per mutant and have to fail. Mutants that no test can tell from the
original are listed in equivalent.txt with the reason; a listed one that is noticed, or that does
not exist any more, is an error too.

    mutants.py [--module Decision|CoordinatorCore] [--only TEXT] [--jobs N] [--list] [--scratch DIR]
"""

import argparse
import concurrent.futures
import os
import pathlib
import re
import shutil
import subprocess
import sys
import time

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
COPIED = ["Package.swift", "Sources", "Agent/Core", "Coordinator/Decision", "Coordinator/Core",
          "Tests", "docs/state-machine.md"]


class Part:
    """Some of the tests."""

    def __init__(self, *arguments):
        self.arguments = arguments
        # In seconds; how long the original takes says more.
        self.limit = 1800


class Module:
    """What is broken, and the tests that have to notice: the slow ones last."""

    def __init__(self, name, sources, parts):
        self.name, self.sources, self.parts = name, sources, parts

    def files(self):
        return sorted((ROOT / self.sources).rglob("*.swift"))


SLOW = ["StoriesTests", "DecideEnumerationTests", "StateMachineDocument", "LeasesPropertyTests"]
MODULES = {module.name: module for module in [
    Module("Decision", "Coordinator/Decision", [
        Part(*(word for name in SLOW for word in ("--skip", name))),
        Part("--filter", "DecideEnumerationTests|StateMachineDocument|LeasesPropertyTests"),
        Part("--filter", "StoriesTests"),
    ]),
    Module("CoordinatorCore", "Coordinator/Core", [Part("--filter", "CoordinatorCoreTests")]),
]}
SWITCH = """import Glibc

/// The number of the mutant that is switched on, 0 for none.
let mutant = getenv("SIGNALBOX_MUTANT").flatMap { Int32(String(cString: $0)) } ?? 0
"""
OPERAND = r"[A-Za-z_$][\w$]*[?!]?(?:\.\w+[?!]?|\([\w. :,$&{}<>\[\]]*?\)|\[[\w.$]+\])*"
NUMBER = r"-?[0-9][0-9_]*(?:e-?[0-9]+)?"
COMPARISON = re.compile(
    rf"(?<![+*/%&|-] )(?<!\?\? )(?<![\w.$-])({OPERAND}|{NUMBER}) (==|!=|<=|>=|<|>) (\.\w+|{OPERAND}|{NUMBER})(?! (?:[-+*/]|<<|>>) )(?![\w(.\[?])"
)
OTHER = {"==": "!=", "!=": "==", "<=": "<", ">=": ">", "<": "<=", ">": ">="}


class Mutant:
    def __init__(self, file, line, start, end, text, what):
        self.file, self.line, self.start, self.end = file, line, start, end
        self.text, self.what = text, what
        self.number = 0
        self.key = ""


def code_lines(lines):
    """The lines with code of functions, and whether each may be changed."""
    for index, line in enumerate(lines):
        stripped = line.strip()
        if stripped.startswith("//") or stripped.startswith("import ") or '"' in line:
            continue
        if re.match(r"(public |private |fileprivate |static |mutating )*(func|init|case \w+ = )", stripped):
            continue
        yield index, line


def comparisons(file, lines):
    for index, line in code_lines(lines):
        if "->" in line or re.search(r"\b(let|var) \w+: ", line):
            continue
        for found in COMPARISON.finditer(line):
            left, operator, right = found.groups()
            text = line[found.start():found.end()]
            other = f"{left} {OTHER[operator]} {right}"
            if right.startswith(".") and operator not in ("==", "!="):
                continue
            # The operand goes on: a default, or a closure.
            rest = line[found.end():]
            if rest.startswith(" ??") or rest.startswith(" {") and re.search(r"\.\w*(map|Map|first|contains|filter)$", right):
                continue
            yield Mutant(file, index, found.start(), found.end(),
                         f"(mutant == {{n}} ? ({other}) : ({text}))", f"{text}  ->  {other}")


def clauses(text):
    """Splits at commas outside brackets."""
    depth, start = 0, 0
    for place, character in enumerate(text):
        if character in "([{<" and not text[place:place + 2] in ("< ", "<="):
            depth += 1
        elif character in ")]}>" and not text[place - 1:place + 1] in (" >", "->") and text[place:place + 2] != ">=":
            depth -= 1
        elif character == "," and depth == 0:
            yield start, place
            start = place + 1
    yield start, len(text)


def conditions(file, lines):
    """Each clause of `if` and `guard` on one line: always true, and always false."""
    for index, line in code_lines(lines):
        found = re.match(r"(\s*(?:\} else )?(?:if|guard) )(.*?)( \{| else \{.*)$", line)
        if not found:
            continue
        offset = found.start(2)
        for start, end in clauses(found.group(2)):
            clause = found.group(2)[start:end]
            skip = len(clause) - len(clause.lstrip())
            clause = clause.strip()
            if re.match(r"(let|var|case)\b", clause) or not clause or "{" in clause:
                continue
            for value in ("true", "false"):
                yield Mutant(file, index, offset + start + skip, offset + end,
                             f"(mutant == {{n}} ? {value} : ({clause}))", f"{clause}  ->  {value}")


def decisions(file, lines):
    """Another effect, and another next phase, of each arm of `decide`."""
    pattern = re.compile(r"Decision\((\.\w+|\w+(?:\.rule)?), (\.\w+|facts\.rest|phase)(, \.\w+)?\)")
    for index, line in code_lines(lines):
        for found in pattern.finditer(line):
            rule, phase, effect = found.groups()
            text = found.group(0)
            variants = [f"Decision({rule}, {'.steady' if phase != '.steady' else '.confirming'}{effect or ''})"]
            variants.append(
                f"Decision({rule}, {phase})" if effect else f"Decision({rule}, {phase}, .cancel)")
            for other in variants:
                yield Mutant(file, index, found.start(), found.end(),
                             f"(mutant == {{n}} ? {other} : {text})", f"{text}  ->  {other}")


def logic(file, lines):
    """`&&` for `||` and the other way round, between operands of one line."""
    simple = rf"!?{OPERAND}"
    pattern = re.compile(rf"(?<![&|<>=+*/-] )(?<![\w.$!])({simple}) (&&|\|\|) ({simple})(?! [<>=!&|+*/-])(?![\w(.\[?])")
    for index, line in code_lines(lines):
        for found in pattern.finditer(line):
            left, operator, right = found.groups()
            # The operand goes on: a default, or a closure.
            if line[found.end():].startswith((" ??", " {")) and not line.endswith("{"):
                continue
            text = found.group(0)
            other = f"{left} {'||' if operator == '&&' else '&&'} {right}"
            yield Mutant(file, index, found.start(), found.end(),
                         f"(mutant == {{n}} ? ({other}) : ({text}))", f"{text}  ->  {other}")


def numbers(file, lines):
    """Factors, minima and maxima."""
    for index, line in code_lines(lines):
        for found in re.finditer(r"(?<=\* )([2-9])\b(?![_0-9.])", line):
            yield Mutant(file, index, found.start(), found.end(),
                         f"(mutant == {{n}} ? 1 : {found.group(1)})", f"* {found.group(1)}  ->  * 1")
        for found in re.finditer(r"(?<![\w.])(max|min)\((\w[\w. +]*), (\w[\w. +]*)\)", line):
            name, left, right = found.groups()
            other = f"{'min' if name == 'max' else 'max'}({left}, {right})"
            yield Mutant(file, index, found.start(), found.end(),
                         f"(mutant == {{n}} ? {other} : {found.group(0)})", f"{found.group(0)}  ->  {other}")


def booleans(file, lines):
    """Boolean results: `return`, arguments `holds:`."""
    for index, line in code_lines(lines):
        for found in re.finditer(r"holds: ([^,()]+(?:\([^()]*\))?[^,()]*)(?=[,)]|$)", line):
            text = found.group(1).strip()
            # A list of holds has the same name in two places.
            if text in ("true", "false", "Bool", "holds", "view.holds") or text.startswith("["):
                continue
            yield Mutant(file, index, found.start(1), found.start(1) + len(text),
                         f"(mutant == {{n}} ? true : ({text}))", f"holds: {text}  ->  true")


def assignments(file, lines):
    """What the memory is set to, left out."""
    for index, line in code_lines(lines):
        found = re.match(r"(\s+)((?:memory\.|regions\[\w+\]\?\.)\w+ = [^{]+|self\.request = nil|write = \.pending|\w+Since = (?:nil|now)|confirmedAt = nil|heldMs = 0|wasDown = true|unpin\(\)|noteRelapse\(now: now\)|expireOrders\(now\))$", line)
        if not found or line.rstrip().endswith(("=", "(")):
            continue
        if index + 1 < len(lines) and re.match(r"\s+[?:+.]", lines[index + 1]):
            continue
        if "init(" in lines[index - 1]:
            continue
        yield Mutant(file, index, found.start(2), found.end(2),
                     f"if mutant != {{n}} {{ {found.group(2)} }}", f"{found.group(2)}  ->  left out")


def generate(module):
    found = []
    for path in module.files():
        lines = path.read_text().split("\n")
        seen = {}
        of_file = []
        for maker in (decisions, conditions, comparisons, logic, numbers, booleans, assignments):
            of_file += list(maker(path.name, lines))
        of_file.sort(key=lambda m: (m.line, m.start, m.end, m.what))
        for mutant in of_file:
            count = seen.get(mutant.what, 0) + 1
            seen[mutant.what] = count
            mutant.key = f"{mutant.file}: {mutant.what}" + (f"  ({count})" if count > 1 else "")
        found += of_file
    for number, mutant in enumerate(found, 1):
        mutant.number = number
    return found


def layers(mutants):
    """Mutants of one line may overlap: nested ones are put into the texts around them."""
    by_line = {}
    for mutant in mutants:
        by_line.setdefault((mutant.file, mutant.line), []).append(mutant)
    return by_line


def rewrite(line, mutants):
    """The line with all of its mutants in it, each behind the switch.

    For each place the innermost text comes last: `(mutant == 3 ? A : (mutant == 4 ? B : C))`.
    """
    spans = sorted({(m.start, m.end) for m in mutants}, key=lambda s: (s[0], -s[1]))
    kept = []
    for span in spans:
        # Partly overlapping places cannot be nested: the first one stays.
        if any(not (span[0] >= k[1] or span[1] <= k[0] or (span[0] >= k[0] and span[1] <= k[1])) for k in kept):
            continue
        kept.append(span)
    dropped = [m for m in mutants if (m.start, m.end) not in kept]

    def text_of(start, end, inside):
        text, place = "", start
        for span in sorted(s for s in inside if not any(
                o != s and o[0] <= s[0] and s[1] <= o[1] for o in inside)):
            text += line[place:span[0]] + wrapped(span, [s for s in inside if s != span and span[0] <= s[0] and s[1] <= span[1]])
            place = span[1]
        return text + line[place:end]

    def wrapped(span, inside):
        original = line[span[0]:span[1]]
        text = text_of(span[0], span[1], inside)
        for mutant in [m for m in mutants if (m.start, m.end) == span]:
            made = mutant.text.replace("{n}", str(mutant.number))
            head, tail = made.rsplit(original, 1)
            text = head + text + tail
        return text

    return text_of(0, len(line), kept), dropped


def prepare(module, mutants, scratch):
    """The copy of the package with all mutants in it."""
    tree = scratch / "package"
    manifest, switch = tree / "Package.swift", tree / module.sources / "Mutant.swift"
    written = {manifest, switch, *(tree / path.relative_to(ROOT) for path in module.files())}
    for name in COPIED:
        copy(ROOT / name, tree / name, written)
    # A mutant may be code that can never run; that is no mistake here.
    text = (ROOT / "Package.swift").read_text()
    write(manifest, text.replace("  .treatAllWarnings(as: .error),\n", ""))
    dropped = []
    for path in module.files():
        lines = path.read_text().split("\n")
        for (file, index), group in layers(mutants).items():
            if file == path.name:
                lines[index], left = rewrite(lines[index], group)
                dropped += left
        write(tree / path.relative_to(ROOT), "\n".join(lines))
    write(switch, SWITCH)
    return tree, dropped


def copy(source, target, written):
    """Replaces only what differs, because what is new is compiled again; `written` is not copied."""
    if source.name.startswith(".build"):
        return
    if not source.is_dir():
        target.parent.mkdir(parents=True, exist_ok=True)
        if target not in written and not same(source, target):
            shutil.copyfile(source, target)
        return
    names = {path.name for path in source.iterdir()}
    for path in target.iterdir() if target.exists() else []:
        if path.name not in names and path not in written:
            shutil.rmtree(path) if path.is_dir() else path.unlink()
    for name in names:
        copy(source / name, target / name, written)


def same(source, target):
    return target.exists() and source.read_bytes() == target.read_bytes()


def write(path, text):
    """Keeps the time of a file that stays the same, so that it is not compiled again."""
    path.parent.mkdir(parents=True, exist_ok=True)
    if not path.exists() or path.read_text() != text:
        path.write_text(text)


def build(module, tree, scratch):
    environment = dict(os.environ, SIGNALBOX_ONLY=module.name)
    command = ["swift", "build", "--package-path", str(tree), "--scratch-path",
               str(scratch / "build"), "-c", "release", "-Xswiftc", "-enable-testing", "--build-tests"]
    done = subprocess.run(command, env=environment, text=True, stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT)
    if done.returncode:
        sys.exit("the mutants do not compile:\n" + "\n".join(
            line for line in done.stdout.split("\n") if "error" in line)[:4000])
    shown = subprocess.run(command[:-1] + ["--show-bin-path"], env=environment,
                           text=True, stdout=subprocess.PIPE, check=True)
    return next(pathlib.Path(shown.stdout.strip()).glob("*.xctest"))


def suites_of(file):
    """The suites that are named like the file; they notice most of its mutants, and soon."""
    stems = [part[:5] for part in file.removesuffix(".swift").split("+") if part != "Machine"]
    return ["--filter", "|".join(f"{stem}\\w*Tests" for stem in stems or ["MachineTests"])]


def fails(runner, mutant, arguments, limit):
    """Whether these tests fail within so many seconds; None where there are none."""
    command = [str(runner), "--testing-library", "swift-testing", *arguments]
    environment = dict(os.environ, SIGNALBOX_MUTANT=str(mutant), SWIFT_BACKTRACE="enable=no")
    environment.pop("SIGNALBOX_REWRITE", None)
    try:
        done = subprocess.run(command, env=environment, stdout=subprocess.DEVNULL,
                              stderr=subprocess.DEVNULL, timeout=limit)
    except subprocess.TimeoutExpired:
        return True
    # 69 says that no test was found.
    return None if done.returncode == 69 else done.returncode != 0


def notices(module, runner, mutant):
    """Whether the tests fail with that mutant: those of its file first, then all."""
    number = mutant.number if mutant else 0
    if mutant and fails(runner, number, suites_of(mutant.file), max(part.limit for part in module.parts)):
        return True
    for part in module.parts:
        begin = time.monotonic()
        failed = fails(runner, number, part.arguments, part.limit)
        if failed is None:
            sys.exit(f"no tests ran: {' '.join(part.arguments)}")
        if mutant is None:
            # Others may use the machine as well: what never ends takes longer than that.
            part.limit = max(120, 10 * (time.monotonic() - begin))
        if failed:
            return True
    return False


def equivalents():
    listed = {}
    path = ROOT / "Tests/Mutants/equivalent.txt"
    for line in path.read_text().split("\n") if path.exists() else []:
        if line.strip() and not line.startswith("#"):
            key, _, reason = line.partition(" | ")
            if not reason.strip():
                sys.exit(f"equivalent.txt: no reason for: {key}")
            listed[key.strip()] = reason.strip()
    return listed


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--module", default="Decision", choices=MODULES)
    parser.add_argument("--only", default="", help="mutants whose key contains one of these, separated by commas")
    parser.add_argument("--jobs", type=int, default=os.cpu_count())
    parser.add_argument("--list", action="store_true", help="only say what there is")
    parser.add_argument("--scratch", default=str(ROOT / ".build-mutants"))
    options = parser.parse_args()
    module = MODULES[options.module]
    mutants = generate(module)
    if options.list:
        for mutant in mutants:
            print(f"{mutant.number:4} {mutant.key}")
        return
    scratch = pathlib.Path(options.scratch) / module.name
    tree, dropped = prepare(module, mutants, scratch)
    runner = build(module, tree, scratch)
    if notices(module, runner, None):
        sys.exit("the tests fail without a mutant: nothing can be said")
    wanted = options.only.split(",")
    chosen = [m for m in mutants
              if m not in dropped and any(text in m.key for text in wanted)]
    files = {path.name for path in module.files()}
    listed = {key: why for key, why in equivalents().items() if key.split(": ")[0] in files}
    survivors, wrong, killed, same = [], [], 0, 0
    show = sys.stderr.isatty()
    begin = time.monotonic()
    with concurrent.futures.ThreadPoolExecutor(options.jobs) as pool:
        runs = {pool.submit(notices, module, runner, m): m for m in chosen}
        for count, run in enumerate(concurrent.futures.as_completed(runs), 1):
            mutant, noticed = runs[run], run.result()
            if noticed and mutant.key in listed:
                wrong.append(mutant.key)
            elif noticed:
                killed += 1
            elif mutant.key in listed:
                same += 1
            else:
                survivors.append(mutant.key)
                print(f"survives: {mutant.key}", flush=True)
            if show:
                print(f"\r{count} of {len(chosen)}", end="", file=sys.stderr, flush=True)
            elif count % 20 == 0:
                minutes = (time.monotonic() - begin) / 60
                print(f"{count} of {len(chosen)} after {minutes:.0f} minutes", flush=True)
    if show:
        print(file=sys.stderr)
    for key in wrong:
        print(f"listed as equivalent, but noticed: {key}")
    gone = [] if options.only else sorted(set(listed) - {m.key for m in mutants})
    for key in gone:
        print(f"listed as equivalent, but there is no such mutant: {key}")
    print(f"{len(chosen)} mutants of {module.sources}: {killed} noticed, {same} equivalent with a reason")
    print(f"{len(survivors)} survivors")
    sys.exit(1 if survivors or wrong or gone else 0)


if __name__ == "__main__":
    main()
