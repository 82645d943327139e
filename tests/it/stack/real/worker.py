"""Works without a pause: a row into the database, a job into redis; ends when one of the two is gone."""
import subprocess
import sys
import time

import stack


def work(database, cache):
    """Returns who is gone."""
    while True:
        try:
            database.stdin.write(b"insert into ticks default values returning id;\n")
            if not database.stdout.readline():
                return "database"
        except OSError:
            return "database"
        try:
            if not cache.ask("RPUSH jobs tick"):
                return "cache"
        except OSError:
            return "cache"
        time.sleep(0.05)


with stack.at_work("worker", table=lambda: stack.query("select 1 from orders"), cache=lambda: stack.cached("PING")):
    # in a session of its own: what asks the group to end is for the worker to hear first
    words = ["psql", "-XAtq"]
    with subprocess.Popen(words, bufsize=0, stdin=subprocess.PIPE, stdout=subprocess.PIPE, start_new_session=True) as database:
        print(f"the {work(database, stack.Cache())} is gone", flush=True)
        sys.exit(4)
