"""Runs one of DCMTK's servers, and keeps its files: what an administrator does at its console.

    SERVER=dcmqrscp  a PACS that speaks DIMSE and nothing else
    SERVER=wlmscpfs  a modality worklist, a file a scheduled step

The server knows of no administration. So this small program starts and stops it, writes its table
of hosts, and offers its files by HTTP to the lab. It needs nothing but Python's standard library.
"""

import json
import os
import re
import signal
import subprocess
import sys
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

AE_TITLE, SERVER = os.environ["AE_TITLE"], os.environ["SERVER"]
PORT, KEEPER = 11112, 8100
ROOT = Path(os.environ.get("DATA", "/data"))
FILES = ROOT / AE_TITLE  # both servers look for a folder named as the title that is called
CONFIG, LOG = ROOT / "dcmqrscp.cfg", ROOT / "server.log"
OWN = ("index.dat", "lockfile")  # files of the server itself, no objects
STUDIES, SIZE = 500, "1024mb"  # its limits: so many studies, and so much of each study
NAME = re.compile(r"[\w.-]{1,200}")


class Server:
    """The server's process; started, stopped, and started again with another table of hosts."""

    def __init__(self):
        self.lock = threading.RLock()
        self.process = None
        self.fixed = fixed_hosts(os.environ.get("HOSTS", ""))
        self.hosts = dict(self.fixed)
        self.version = version()
        FILES.mkdir(parents=True, exist_ok=True)
        (FILES / "lockfile").touch()

    def start(self):
        """Start it, and wait until it listens."""
        with self.lock:
            if self.process is not None and self.process.poll() is None:
                return
            if SERVER == "dcmqrscp":
                self._configure()
                profile = ["-xf", "/etc/labkit/legacy.cfg", "IncomingDefault", "OutgoingDefault"]
                command = ["dcmqrscp", "--verbose", *profile, "-c", str(CONFIG)]
            else:
                keep = ["--keep-char-set", "--disable-file-reject"]
                command = ["wlmscpfs", "--verbose", *keep, "-dfp", str(ROOT), str(PORT)]
            with LOG.open("ab") as log:
                # A group of its own: it has a child for each association.
                self.process = subprocess.Popen(
                    command,
                    stdin=subprocess.DEVNULL,
                    stdout=log,
                    stderr=log,
                    start_new_session=True,
                )
            for _ in range(100):
                if listens():
                    return
                time.sleep(0.02)
            raise RuntimeError(f"{SERVER} does not listen; see GET /log")

    def stop(self):
        """Stop it and the associations that it has."""
        with self.lock:
            if self.process is None:
                return
            for number in (signal.SIGTERM, signal.SIGKILL):
                try:
                    os.killpg(self.process.pid, number)
                    self.process.wait(2)
                    break
                except (ProcessLookupError, subprocess.TimeoutExpired):
                    continue
            self.process = None

    def know(self, hosts):
        """Have the server know these hosts: AE title to host and port; and those of HOSTS."""
        with self.lock:
            hosts = {**self.fixed, **hosts}
            if hosts != self.hosts:
                self.hosts = hosts
                self.stop()
                self.start()

    def put(self, name, data):
        """Have it hold a file; dcmqrscp has to enter it into its index."""
        path = FILES / name
        part = path.with_suffix(".part")
        part.write_bytes(data)
        part.replace(path)
        if SERVER == "dcmqrscp":
            self._enter([path])

    def remove(self, names):
        """Delete files. dcmqrscp cannot forget one, so its index is made again."""
        with self.lock:
            if SERVER == "dcmqrscp":
                self.stop()
            for name in names:
                (FILES / name).unlink(missing_ok=True)
            if SERVER == "dcmqrscp":
                (FILES / "index.dat").unlink(missing_ok=True)
                self._enter([FILES / row["name"] for row in objects()])
                self.start()

    def _enter(self, paths):
        if paths:
            done = subprocess.run(
                ["dcmqridx", str(FILES), *map(str, paths)],
                capture_output=True,
                text=True,
                check=False,
            )
            if done.returncode:
                raise RuntimeError(f"dcmqridx: {done.stderr.strip() or done.stdout.strip()}")

    def _configure(self):
        table = [f"host{n} = ({ae}, {h}, {p})" for n, (ae, (h, p)) in enumerate(self.hosts.items())]
        lines = [
            f"NetworkTCPPort = {PORT}", "MaxPDUSize = 131072", "MaxAssociations = 32",
            "HostTable BEGIN", *table, "HostTable END",
            "VendorTable BEGIN", "VendorTable END",
            "AETable BEGIN", f"{AE_TITLE} {FILES} RW ({STUDIES}, {SIZE}) ANY", "AETable END",
        ]  # fmt: skip
        CONFIG.write_text("\n".join(lines) + "\n")


def objects():
    """Every file that the server holds, in the order in which they came."""
    paths = [p for p in FILES.iterdir() if p.name not in OWN and p.suffix != ".part"]
    rows = [{"name": p.name, "number": p.stat().st_mtime_ns} for p in paths]
    return sorted(rows, key=lambda row: row["number"])


def hosts_of(data):
    """Read a table of hosts: {"WORKSTN": ["workstn", 4242]}."""
    hosts = {ae: (str(host), int(port)) for ae, (host, port) in json.loads(data).items()}
    for ae, (host, _) in hosts.items():
        if not NAME.fullmatch(ae) or not NAME.fullmatch(host):  # they become lines of its file
            raise ValueError(f"{ae} at {host} is no host")
    return hosts


def fixed_hosts(text):
    """Read the hosts that are known from the start: FACADE=proxy:11112, several with spaces."""
    pairs = (item.split("=", 1) for item in text.split())
    return hosts_of(json.dumps({ae: at.rsplit(":", 1) for ae, at in pairs}))


def listens():
    """Whether somebody listens at the server's port.

    Asks the kernel: a connection would stand in the server's log.
    """
    for table in ("/proc/net/tcp", "/proc/net/tcp6"):
        for line in Path(table).read_text().splitlines()[1:]:
            local, state = line.split()[1], line.split()[3]
            if state == "0A" and int(local.rpartition(":")[2], 16) == PORT:  # 0A: LISTEN
                return True
    return False


def version():
    """DCMTK's version: "3.6.9"."""
    said = subprocess.run([SERVER, "--version"], capture_output=True, text=True, check=False)
    return re.search(r"v(\d[\d.]*)", said.stdout + said.stderr)[1]


class Keeper(BaseHTTPRequestHandler):
    """GET /health /objects /objects/NAME /log; PUT and DELETE objects; PUT /hosts; POST /stop."""

    server_version, sys_version = "keeper", ""
    protocol_version = "HTTP/1.1"
    dicom = None  # the Server; set before the first request

    def do_GET(self):
        """Tell what there is."""
        if self.path == "/health":
            alive = listens()
            self._answer(200 if alive else 503, {"server": SERVER, "version": self.dicom.version})
        elif self.path == "/objects":
            self._answer(200, objects())
        elif self.path == "/log":
            self._answer(200, LOG.read_bytes() if LOG.exists() else b"")
        elif (path := self._object()) and path.is_file():
            self._answer(200, path.read_bytes())
        else:
            self._answer(404, {"error": "there is no such file"})

    def do_PUT(self):
        """Take a file, or a table of hosts."""
        data = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        if self.path == "/hosts":
            self._do(lambda: self.dicom.know(hosts_of(data)))
        elif path := self._object():
            self._do(lambda: self.dicom.put(path.name, data))
        else:
            self._answer(404, {"error": "PUT /objects/NAME or /hosts"})

    def do_DELETE(self):
        """Delete one file, or all."""
        if self.path == "/objects":
            self._do(lambda: self.dicom.remove([row["name"] for row in objects()]))
        elif path := self._object():
            self._do(lambda: self.dicom.remove([path.name]))
        else:
            self._answer(404, {"error": "DELETE /objects or /objects/NAME"})

    def do_POST(self):
        """Start or stop the server."""
        act = {"/start": self.dicom.start, "/stop": self.dicom.stop}.get(self.path)
        self._do(act) if act else self._answer(404, {"error": "POST /start or /stop"})

    def log_message(self, *_):
        """Say nothing: the container's log is the server's."""

    def _object(self):
        name = self.path.removeprefix("/objects/")
        good = name != self.path and NAME.fullmatch(name) and name.strip(".") and name not in OWN
        return FILES / name if good else None

    def _do(self, act):
        try:
            act()
        except (ValueError, TypeError, AttributeError) as error:  # of what was sent
            self._answer(400, {"error": str(error)})
        except (OSError, RuntimeError) as error:
            self._answer(500, {"error": str(error)})
        else:
            self._answer(200, {"done": True})

    def _answer(self, status, body):
        data = body if isinstance(body, bytes) else json.dumps(body).encode()
        self.send_response(status)
        self.send_header("Content-Length", str(len(data)))
        if status >= 400:  # what was sent with it may not have been read, and is no next request
            self.send_header("Connection", "close")
        self.end_headers()
        self.wfile.write(data)


def main():
    """Serve until told to end."""
    if SERVER not in ("dcmqrscp", "wlmscpfs"):
        sys.exit(f"SERVER={SERVER}: it is dcmqrscp or wlmscpfs")
    Keeper.dicom = Server()
    Keeper.dicom.start()
    web = ThreadingHTTPServer(("", KEEPER), Keeper)

    def end(*_):
        threading.Thread(target=web.shutdown).start()

    signal.signal(signal.SIGTERM, end)
    signal.signal(signal.SIGINT, end)
    web.serve_forever()
    Keeper.dicom.stop()


if __name__ == "__main__":
    main()
