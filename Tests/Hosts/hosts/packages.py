"""What packages and units promise, when configured wrongly, reloaded, upgraded and purged."""

import os

from shell import poll, run


class Packages:
    def __init__(self, world, report):
        self.world, self.report, self.check = world, report, report.check

    def wrong_key(self, host, name):
        """A key that does not exist stops the unit, which says why and is not tried again."""
        unit, path = f"signalbox-{name}", f"/etc/signalbox/{name}.toml"
        good = host.run("cat", path).stdout
        host.put(path, "misspelt = 1\n" + good)
        done = host.run("systemctl", "restart", unit, check=False)
        state = host.unit(unit, "ActiveState", "ExecMainStatus", "NRestarts")
        self.check(f"{unit} does not start with a wrong key",
                   done.returncode != 0 and state == ["failed", "2", "0"], (done, state))
        shown = host.run("systemctl", "status", "--no-pager", "-l", unit, check=False).stdout
        self.check(f"{unit}: systemctl status says why", "misspelt" in shown, shown)
        journal = host.journal("-u", unit)
        self.check(f"{unit}: the journal says why",
                   "misspelt" in journal and path in journal, journal)
        host.put(path, good)
        host.run("systemctl", "start", unit)
        host.wait_for(unit)

    def upgrade(self, host, package):
        """A higher version is installed: the service is another process, the file is as it was."""
        deb = next(d for d in self.world.debs if os.path.basename(d).startswith(f"{package}_"))
        version = run("dpkg-deb", "-f", deb, "Version").stdout.strip() + "+1"
        folder = os.path.join(self.world.machine.directory, "upgrade")
        run("dpkg-deb", "-R", deb, folder)
        control = os.path.join(folder, "DEBIAN", "control")
        with open(control) as file:
            text = file.read()
        with open(control, "w") as file:
            file.write("".join(
                f"Version: {version}\n" if line.startswith("Version:") else line
                for line in text.splitlines(keepends=True)))
        run("dpkg-deb", "-Znone", "-b", folder, f"{host.tree}/var/tmp/{package}.deb")
        path = f"/etc/signalbox/{package.removeprefix('signalbox-')}.toml"
        before = (host.unit(package, "MainPID"), host.run("cat", path).stdout)
        host.run("dpkg", "-i", f"/var/tmp/{package}.deb")
        host.wait_for(package)
        after = (host.unit(package, "MainPID"), host.run("cat", path).stdout)
        found = host.run("dpkg-query", "-W", "-f=${Version} ${Status}", package).stdout
        self.check(f"{package} is upgraded", found == f"{version} install ok installed", found)
        self.check(f"{package}: the new program runs", before[0] != after[0] != "0", after)
        self.check(f"{package}: the configuration is kept", before[1] == after[1], after[1])

    def purge(self, host, package):
        """Purged, nothing of it is there but what others share and the system user."""
        files = host.run("dpkg-query", "-L", package).stdout.splitlines()
        own = [file for file in files if "signalbox" in file]
        host.run("apt-get", "purge", "-qq", package)
        left = [f for f in own if host.run("test", "-e", f, check=False).returncode == 0]
        left += host.run(
            "find", "/etc", "/var/lib", "/run", "/usr", "-name", "*signalbox*", "-not", "-path",
            "*/haproxy/*", "-not", "-path", "/etc/ssl/certs/*", "-not", "-path",
            "/usr/local/share/ca-certificates/*").stdout.splitlines()
        self.check(f"{package}: its files are gone", not left, "\n".join(left))
        units = host.run("systemctl", "list-unit-files", "--no-legend", "signalbox*", check=False)
        self.check(f"{package}: its unit is gone", not units.stdout.strip(), units.stdout)
        self.check(f"{package}: no process runs", poll(
            "its processes end", 20,
            lambda: not host.run("pgrep", "-a", "signalbox", check=False).stdout))
        known = host.run("dpkg-query", "-W", "-f=${Status}", package, check=False)
        self.check(f"{package}: dpkg knows nothing of it",
                   "installed" not in known.stdout, known.stdout)

    def reload(self, host, name):
        """A bad file is refused while the old process goes on; a good one is taken over."""
        unit, path = f"signalbox-{name}", f"/etc/signalbox/{name}.toml"
        good = host.run("cat", path).stdout
        before = host.unit(unit, "MainPID")
        host.put(path, "misspelt = 1\n" + good)
        done = host.run("systemctl", "reload", unit, check=False)
        state = host.unit(unit, "ActiveState", "MainPID", "NRestarts")
        self.check(f"{unit}: a reload with a wrong key fails, and the old process goes on",
                   done.returncode != 0 and state == ["active", before, "0"], (done, state))
        journal = host.journal("-u", unit, lines=10)
        self.check(f"{unit}: the journal says why", "misspelt" in journal, journal)
        host.put(path, good)
        done = host.run("systemctl", "reload", unit, check=False)
        self.check(f"{unit}: a good file is taken over, by the same process",
                   done.returncode == 0 and host.unit(unit, "MainPID") == before, done)
