"""Boots hosts, installs the packages, and plays what may happen to them."""

import argparse
import os
import signal
import sys
import threading
import traceback

import image as images
import machine as machines
import places
from article import ArticleStory
from article_world import ArticleWorld
from image import Unsupported
from report import Report
from shell import STOPPING, Failure
from stack import StackStory
from story import Story
from world import World

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.dirname(
    os.path.abspath(__file__)))))
SKIPPED = 77


class Interrupted(Exception):
    pass


def options():
    parser = argparse.ArgumentParser(
        prog="Tests/Hosts/run", description="Installs the packages on booted hosts and tries them.")
    parser.add_argument(
        "--speed", type=int, default=1, metavar="N",
        help="divide Signalbox's default times by this, 1 to 20 (its rehearsal_speed) [1]")
    parser.add_argument(
        "--debs", default=os.path.join(ROOT, "build", "debs"), metavar="DIRECTORY",
        help="where the packages are [build/debs]")
    parser.add_argument(
        "--hold", action="store_true", help="keep everything running at the end until Ctrl-C")
    parser.add_argument(
        "--ansible", action="store_true",
        help="install with the Ansible collection, and try that in place of regions that die")
    parser.add_argument(
        "--article", action="store_true",
        help="the article's walk: the Rails example, from nothing by Ansible; its region fails")
    parser.add_argument(
        "--small", action="store_true",
        help="the walk with two regions of one host each, which fail once")
    arguments = parser.parse_args()
    if arguments.ansible and arguments.article or arguments.small and not arguments.article:
        parser.error("--ansible and --article are two things, and --small belongs to --article")
    return arguments


def packages(directory):
    try:
        debs = sorted(
            os.path.join(directory, n) for n in os.listdir(directory) if n.endswith(".deb"))
    except OSError:
        debs = []
    if not debs:
        print(f"no packages in {directory}: run make deb", file=sys.stderr)
        sys.exit(2)
    return debs


def main():
    arguments = options()
    base = os.path.join(ROOT, ".build-hosts")
    report = Report()
    catch(interrupt)
    try:
        machines.check()
        os.makedirs(base, exist_ok=True)
        machines.check_overlay(base)
        machines.sweep(base, report.say)
    except Unsupported as lack:
        return skipped(lack)
    except (Failure, Interrupted) as failure:
        report.check("the preparations", False, failure)
        return 1
    debs = packages(arguments.debs)
    before = machines.nspawn_files()
    machine = machines.Machine(base)
    try:
        play(machine, debs, report, arguments)
    except Unsupported as lack:
        return skipped(lack)
    except Interrupted as error:
        report.check(f"not interrupted ({error})", False)
    except Failure as failure:
        report.check(f"step: {failure.args[0].splitlines()[0]}", False, failure)
    except Exception:
        report.check("the driver itself", False, traceback.format_exc())
    finally:
        tidy(machine, report, before, arguments.hold and report.failed)
    report.table()
    return 1 if report.failed else 0


def play(machine, debs, report, arguments):
    with report.measure("image", "made anew, or kept from before"):
        path = images.build(machine, debs, report.say)
    if arguments.small:
        places.keep(regions=2, hosts=1)
    programs = os.environ.get("SIGNALBOX_ANSIBLE")
    if arguments.article:
        world = ArticleWorld(machine, path, debs, report)
        ArticleStory(world, report, arguments.speed, programs, arguments.small).play()
    elif arguments.ansible:
        world = World(machine, path, debs, report)
        StackStory(world, report, arguments.speed, programs).play()
    else:
        Story(World(machine, path, debs, report), report, arguments.speed).play()
    if arguments.hold:
        hold(machine, report)


def tidy(machine, report, before, is_held):
    """Gives everything back; nothing stops it."""
    if is_held:
        hold(machine, report)
    catch(signal.SIG_IGN)
    STOPPING.set()
    with report.measure("tidying"):
        machine.remove()
        # What went on beside the main thread has nothing to go on with now.
        for thread in threading.enumerate():
            if thread is not threading.current_thread():
                thread.join(60)
        machine.remove()
    left = machines.leftovers(machine.base, machine.name)
    if machines.nspawn_files() > before:
        left.append(f"files in {machines.NSPAWN}")
    report.check("nothing is left behind", not left, "\n".join(left))


def skipped(lack):
    print(f"SKIPPED: this machine cannot boot hosts: {lack}", flush=True)
    return SKIPPED


def hold(machine, report):
    """Until Ctrl-C; says how to get into the hosts."""
    report.say(f"everything runs on; Ctrl-C ends it. Into a host: "
               f"nsenter -a -t $(cat {machine.directory}/HOST/leader) bash")
    catch(interrupt)
    try:
        while True:
            signal.pause()
    except Interrupted:
        catch(signal.SIG_IGN)


def catch(handler):
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, handler)


def interrupt(number, _):
    raise Interrupted(signal.Signals(number).name)


if __name__ == "__main__":
    sys.exit(main())
