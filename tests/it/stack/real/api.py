"""Answers with what is in the database and in redis; tells its port in a file, since nobody else is told which it was given."""
import http.server
import json
import os

import stack


class Api(stack.Pages):
    is_well = True

    def do_GET(self):
        if self.path == "/break":
            Api.is_well = False
        if self.path in ("/break", "/health"):
            self.answer(200 if Api.is_well else 503, b"{}")
            return
        what, ticks, jobs = stack.query("select what from orders"), stack.query("select count(*) from ticks"), stack.cached("LLEN jobs")
        body = {"what": what, "ticks": ticks and int(ticks), "jobs": jobs and int(jobs.lstrip(":"))}
        self.answer(503 if what is None else 200, json.dumps(body).encode())


with stack.at_work("api", table=lambda: stack.query("select what from orders"), cache=lambda: stack.cached("PING")):
    server = http.server.ThreadingHTTPServer(("127.0.0.1", int(os.environ["PORT"])), Api)
    with open("run/api.port.new", "w") as file:
        file.write(os.environ["PORT"])
    os.rename("run/api.port.new", "run/api.port")
    server.serve_forever()
