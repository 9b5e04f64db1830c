"""A language model's API, as OpenAI's streams chat completions: https://platform.openai.com/docs/api-reference/chat-streaming."""

import http.server
import json
import time


class Completions(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_POST(self):
        request = json.loads(self.rfile.read(int(self.headers["content-length"])))
        words, tokens = ["Hel", "lo", "!"], request["tokens"]
        usage = {"prompt_tokens": 1, "completion_tokens": tokens - 1, "total_tokens": tokens}
        if not request.get("stream"):
            body = json.dumps({"choices": [{"message": {"content": "".join(words)}}], "usage": usage}).encode()
            self.begin("application/json", ("content-length", str(len(body))))
            self.wfile.write(body)
            return
        self.begin("text/event-stream; charset=utf-8", ("transfer-encoding", "chunked"))
        for word in words:
            self.event(json.dumps({"choices": [{"delta": {"content": word}}], "usage": None}))
            time.sleep(request.get("pause", 0))
        self.event(json.dumps({"choices": [], "usage": usage}))
        self.event("[DONE]")
        self.wfile.write(b"0\r\n\r\n")

    def begin(self, kind, framing):
        self.send_response(200)
        self.send_header("content-type", kind)
        self.send_header(*framing)
        self.end_headers()

    def event(self, data):
        # In two chunks, so that a line arrives in parts.
        event = f"data: {data}\n\n".encode()
        for part in (event[:9], event[9:]):
            self.wfile.write(b"%x\r\n%b\r\n" % (len(part), part))
            self.wfile.flush()

    def log_message(self, *_):
        pass


server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Completions)
print(f"port {server.server_address[1]}", flush=True)
server.serve_forever()
