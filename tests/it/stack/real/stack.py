"""What the programs of the stack share: each says what it finds when it comes and when it goes."""
import contextlib
import http.server
import os
import signal
import socket
import subprocess
import sys
import time


class Asked(SystemExit):
    """Somebody has asked this program to end."""


def query(text):
    """Asks the database; None where it does not answer."""
    asked = subprocess.run(["psql", "-XAtqc", text], capture_output=True, text=True)
    return asked.stdout.strip() if asked.returncode == 0 else None


class Cache:
    """A connection to redis."""

    def __init__(self):
        self.link = socket.socket(socket.AF_UNIX)
        self.link.connect("run/redis.sock")
        self.answers = self.link.makefile("r")

    def ask(self, words):
        """Asks for one thing; returns "" where the connection is broken."""
        self.link.sendall(words.encode() + b"\r\n")
        return self.answers.readline().strip()


def cached(words):
    """Asks redis for one thing; None where it does not answer."""
    try:
        return Cache().ask(words) or None
    except OSError:
        return None


def note(line):
    print(line, flush=True)
    with open("order", "a") as order:
        order.write(line + "\n")


class Pages(http.server.BaseHTTPRequestHandler):
    """Answers with bytes, and says nothing about it."""

    def answer(self, code, body):
        self.send_response(code)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *words):
        pass


@contextlib.contextmanager
def at_work(name, **needs):
    """Refuses to begin unless all that is needed answers, and looks for it once more when it is asked to end."""
    while os.path.exists(f"hold.{name}"):
        time.sleep(0.05)
    found = {need: bool(look()) for need, look in needs.items()}
    if not all(found.values()):
        note(f"refused {name}: {found}")
        sys.exit(3)

    def asked(_number, _frame):
        raise Asked(0)

    signal.signal(signal.SIGTERM, asked)
    note(f"up {name}")
    try:
        yield
    except Asked:
        missing = [need for need, look in needs.items() if not look()]
        note(f"down {name}, without {' and '.join(missing)}" if missing else f"down {name}")
        raise
