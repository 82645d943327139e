"""Stands in front: hands each request on to the api, wherever that listens by now."""
import http.client
import http.server
import os

import stack


def ask_api(path):
    """Returns the code and the body of the api's answer."""
    try:
        with open("run/api.port") as file:
            api = http.client.HTTPConnection("127.0.0.1", int(file.read()), timeout=20)
        api.request("GET", path)
        answer = api.getresponse()
        return answer.status, answer.read()
    except (OSError, http.client.HTTPException) as error:
        return 502, f"the api does not answer: {error}".encode()


class Web(stack.Pages):
    def do_GET(self):
        self.answer(*ask_api(self.path))


with stack.at_work("web", api=lambda: ask_api("/orders")[0] == 200):
    http.server.ThreadingHTTPServer(("127.0.0.1", int(os.environ["PORT"])), Web).serve_forever()
