#!/usr/bin/env python3
"""A Listen service by other hands, for one connection: strict about what a client sends, minimal in its answers.

Usage: listen_server.py PORT_FILE KEY ENCODING; takes one connection on a port of 127.0.0.1 it picks. The WebSocket is
PyPI `websockets`, the decoder libopus. One final per second of audio: the word `sN` for the N-th. At the end prints one
line of JSON: {"packets", "frames", "keep_alives"}. Exits 0, or 1 with a sentence on standard error for the first thing
that a service could object to.
"""

import ctypes
import json
import os
import socket
import sys

import peer
from peer import expect
from websockets.frames import CloseCode, Frame, Opcode
from websockets.http11 import Request
from websockets.server import ServerProtocol

PATIENCE = 60
RATE = 16000
PACKET_FRAMES = 320
REQUEST_ID = "0b5d3a3e-7d3c-4f0f-9a57-33c7d8a3f001"


class Decoder:
    """libopus itself; one packet at a time."""

    def __init__(self):
        self.opus = ctypes.CDLL("libopus.so.0")
        self.opus.opus_decoder_create.restype = ctypes.c_void_p
        error = ctypes.c_int()
        self.state = ctypes.c_void_p(self.opus.opus_decoder_create(RATE, 1, ctypes.byref(error)))
        expect(error.value == 0, f"opus_decoder_create: {error.value}")
        self.samples = (ctypes.c_int16 * 5760)()

    def frames(self, packet):
        """Decodes `packet`, which must be exactly one of 20 ms mono, and returns how many frames that gave."""
        length = ctypes.c_int32(len(packet))
        channels = self.opus.opus_packet_get_nb_channels(packet)
        expect(channels == 1, f"a packet of {channels} channels")
        whole = self.opus.opus_packet_get_nb_samples(packet, length, RATE)
        expect(whole == PACKET_FRAMES, f"a packet of {whole} frames at {RATE} Hz, not {PACKET_FRAMES}")
        count = self.opus.opus_decode(self.state, packet, length, self.samples, 5760, 0)
        expect(count == PACKET_FRAMES, f"opus_decode: {count}")
        return count


class Session:
    def __init__(self, connection, key, encoding, port):
        self.connection, self.key, self.encoding, self.port = connection, key, encoding, port
        self.protocol = ServerProtocol(subprotocols=["token"], max_size=1 << 20)
        self.decoder = Decoder()
        self.head = b""
        self.packets = self.frames = self.keep_alives = self.answered = 0
        self.is_closing = False

    def run(self):
        while True:
            received = self.connection.recv(65536)
            if self.protocol.state.name == "CONNECTING":
                self.head += received
            self.protocol.receive_data(received) if received else self.protocol.receive_eof()
            for event in self.protocol.events_received():
                self.upgrade(event) if isinstance(event, Request) else self.frame(event)
            self.send()
            if not received:
                break
        expect(self.is_closing, "the connection ended without CloseStream")
        expect(self.protocol.close_exc.rcvd is not None, "the connection ended without a close frame")

    def send(self):
        for data in self.protocol.data_to_send():
            if data:
                self.connection.sendall(data)
            else:
                self.connection.shutdown(socket.SHUT_WR)

    def upgrade(self, request):
        lines = self.head.split(b"\r\n\r\n")[0].split(b"\r\n")
        names = [line.split(b":")[0].strip().lower() for line in lines[1:]]
        # The order of a header's two words carries the key: the bytes themselves are looked at.
        wanted = b"Sec-WebSocket-Protocol: token, " + self.key.encode()
        expect(names.count(b"sec-websocket-protocol") == 1, "not exactly one Sec-WebSocket-Protocol")
        offered = lines[1 + names.index(b"sec-websocket-protocol")]
        expect(offered.lower().split(b":")[0] + offered[offered.index(b":"):] == wanted.replace(
            b"Sec-WebSocket-Protocol", b"sec-websocket-protocol"), "the subprotocols are not `token, KEY`")
        expect(b"authorization" not in names, "there is an Authorization header too")
        expect(self.key not in request.path, "the key is in the address")
        expect(names.count(b"host") == 1, "not exactly one Host")
        host = request.headers["Host"]
        expect(host == f"127.0.0.1:{self.port}", f"Host is {host}")
        path, _, query = request.path.partition("?")
        expect(path == "/v1/listen", f"the path is {path}")
        expect(f"encoding={self.encoding}" in query.split("&"), f"the query is {query}")
        expect(f"sample_rate={RATE}" in query.split("&"), f"the query is {query}")
        response = self.protocol.accept(request)
        expect(response.status_code == 101, f"websockets answers {response.status_code}: {response.body!r}")
        response.headers["dg-request-id"] = REQUEST_ID
        self.protocol.send_response(response)

    def frame(self, frame):
        expect(isinstance(frame, Frame), f"{frame} is no frame")
        if frame.opcode in (Opcode.PING, Opcode.PONG, Opcode.CLOSE):
            expect(frame.opcode != Opcode.CLOSE or self.is_closing, "a close frame without CloseStream")
            return
        expect(frame.fin and frame.opcode != Opcode.CONT, "a fragmented message")
        if frame.opcode == Opcode.BINARY:
            self.audio(bytes(frame.data))
        else:
            self.text(json.loads(frame.data))

    def audio(self, data):
        expect(data, "an empty binary message")
        expect(not self.is_closing, "audio after CloseStream")
        self.packets += 1
        if self.encoding == "opus":
            self.frames += self.decoder.frames(data)
        else:
            expect(len(data) % 2 == 0, "half a sample")
            self.frames += len(data) // 2
        while self.frames - self.answered >= RATE:
            self.result(self.answered + RATE)

    def text(self, message):
        kind = message["type"]
        expect(not self.is_closing, f"{kind} after CloseStream")
        if kind == "KeepAlive":
            expect(message == {"type": "KeepAlive"}, f"KeepAlive is {message}")
            self.keep_alives += 1
        elif kind == "Finalize":
            self.result(self.frames, from_finalize=True)
        elif kind == "CloseStream":
            self.is_closing = True
            if self.frames > self.answered:
                self.result(self.frames)
            self.say({"type": "Metadata", "transaction_key": "deprecated", "request_id": REQUEST_ID,
                      "sha256": "incomplete", "created": "2026-01-01T00:00:00.000Z",
                      "duration": self.frames / RATE, "channels": 1})
            self.protocol.send_close(CloseCode.NORMAL_CLOSURE)
        else:
            raise peer.Failure(f"a message of type {kind}")

    def result(self, end, from_finalize=False):
        start, word = self.answered / RATE, f"s{self.answered // RATE}"
        length = end / RATE - start
        words = [{"word": word, "start": start, "end": start + length, "confidence": 1.0}] if length else []
        best = {"transcript": word if words else "", "confidence": 1.0, "words": words}
        self.say({"type": "Results", "channel_index": [0, 1], "start": start, "duration": length, "is_final": True,
                  "speech_final": False, "from_finalize": from_finalize, "channel": {"alternatives": [best]},
                  "metadata": {"request_id": REQUEST_ID}})
        self.answered = end

    def say(self, message):
        self.protocol.send_text(json.dumps(message).encode())


def main():
    port_file, key, encoding = sys.argv[1:]
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
        with open(port_file + ".new", "w", encoding="ascii") as file:
            file.write(f"{port}\n")
        os.rename(port_file + ".new", port_file)
        listener.settimeout(PATIENCE)
        connection, _ = listener.accept()
    with connection:
        connection.settimeout(PATIENCE)
        session = Session(connection, key, encoding, port)
        session.run()
    print(json.dumps({"packets": session.packets, "frames": session.frames, "keep_alives": session.keep_alives}))


if __name__ == "__main__":
    peer.run("listen server", main)
