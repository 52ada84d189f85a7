#!/usr/bin/env python3
"""Provokes every fault of `earpost-local` and looks at it with an independent client (PyPI `websockets`).

Usage: faults_peer.py URL KEY WAV [--ca PEM]; URL must be an earpost-local with any listen engine.
Exits 0 if every fault looks to a client as its name says.
"""

import json
import ssl
import time
import urllib.request

import peer
from peer import expect
from websockets.exceptions import (ConnectionClosed, InvalidHandshake, InvalidMessage, InvalidStatus,
                                   NegotiationError)
from websockets.sync.client import connect

BRIEF = 1.5
PATIENCE = 20
QUERY = "/v1/listen?encoding=linear16&sample_rate=16000"


class Service:
    def __init__(self, args):
        self.args = args
        self.ssl = ssl.create_default_context(cafile=args.ca) if args.url.startswith("wss:") else None

    def control(self, **command):
        """POST /control; without a command GET it."""
        request = urllib.request.Request(
            self.args.url.replace("ws", "http", 1) + "/control",
            data=json.dumps(command).encode() if command else None)
        with urllib.request.urlopen(request, context=self.ssl) as answer:
            return json.load(answer)

    def open(self, timeout=PATIENCE, **options):
        return connect(
            self.args.url + QUERY, subprotocols=["token", self.args.key], compression=None, ssl=self.ssl,
            open_timeout=timeout, close_timeout=1, ping_interval=None, **options)

    def open_with(self, fault, **parameters):
        self.control(next=fault, **parameters)
        return self.open()


def fails(action, kinds, sentence):
    try:
        action()
    except kinds as error:
        return error
    raise peer.Failure(sentence)


def closes_with(socket, code, reason=""):
    try:
        while True:
            socket.recv(timeout=PATIENCE)
    except ConnectionClosed as closed:
        received = closed.rcvd
        expect(received is not None or code is None, f"no close frame came, {code} was expected")
        if code is None:
            expect(received is None, f"a close frame came: {received}")
        else:
            expect((received.code, received.reason) == (code, reason), f"closed with {received}")


def finalize(socket):
    socket.send(bytes(6400))
    socket.send(json.dumps({"type": "Finalize"}))


def answered(socket, timeout=PATIENCE):
    try:
        return bool(socket.recv(timeout=timeout))
    except TimeoutError:
        return False


def handshakes(service):
    for status in (401, 402, 429, 503):
        service.control(next=str(status), retry_after=3)
        refusal = fails(service.open, InvalidStatus, f"{status} was not answered").response
        expect(refusal.status_code == status, f"{refusal.status_code} instead of {status}")
        expect(refusal.headers["Retry-After"] == "3", "no Retry-After")
        expect(json.loads(refusal.body)["err_msg"] == refusal.headers["dg-error"], "dg-error and body differ")
    service.control(next="refuse")
    fails(service.open, (OSError, InvalidMessage, EOFError), "a refused connection opened")
    service.control(next="hang")
    fails(lambda: service.open(timeout=BRIEF), TimeoutError, "a hanging handshake ended")
    began = time.monotonic()
    with service.open_with("delay", seconds=1) as socket:
        expect(time.monotonic() - began >= 1, "the handshake was not delayed")
        finalize(socket)
        expect(answered(socket), "a delayed connection does not answer")
    service.control(next="wrong-subprotocol")
    fails(service.open, (NegotiationError, InvalidHandshake), "a wrong subprotocol was accepted")
    with service.open_with("no-subprotocol") as socket:
        expect(socket.subprotocol is None, "a subprotocol was selected")


def endings(service):
    reason = "Deepgram did not provide a response message within the timeout window. See https://dpgr.am/net0000"
    with service.open_with("close") as socket:
        closes_with(socket, 1011, reason)
    with service.open_with("close", code=1008, reason="DATA-0000") as socket:
        closes_with(socket, 1008, "DATA-0000")
    for fault in ("reset", "drop"):
        with service.open_with(fault, after_audio=0.1) as socket:
            socket.send(bytes(3200))
            closes_with(socket, None)
    with service.open_with("half-close") as socket:
        closes_with(socket, None)


def lasting(service):
    for fault in ("freeze", "half-open", "silent"):
        with service.open_with(fault) as socket:
            finalize(socket)
            expect(not answered(socket, BRIEF), f"{fault}: an answer came")
            pong = socket.ping()
            expect(pong.wait(BRIEF) == (fault == "silent"), f"{fault}: pong or its absence is wrong")
            service.control(clear=True)
            finalize(socket)
            expect(answered(socket), f"{fault}: no answer after clear")
    with service.open_with("no-pong") as socket:
        expect(not socket.ping().wait(BRIEF), "no-pong: a pong came")
        finalize(socket)
        expect(answered(socket), "no-pong: the service does not answer")
    with service.open() as socket:
        service.control(now="slow", seconds=1)
        began = time.monotonic()
        finalize(socket)
        expect(answered(socket) and time.monotonic() - began >= 1, "slow: the answer came at once")
    with service.open_with("half-open") as socket:
        stuck = 0
        socket.socket.settimeout(BRIEF)
        try:
            while stuck < 64 << 20:
                socket.send(bytes(1 << 20))
                stuck += 1 << 20
        except (OSError, ConnectionClosed):
            pass
        expect(stuck < 64 << 20, "half-open: the peer's bytes go on disappearing")


def garbage(service):
    for kind in ("rsv", "utf8", "opcode", "masked"):
        with service.open_with("garbage", kind=kind) as socket:
            fails(lambda: [socket.recv(timeout=PATIENCE) for _ in range(9)], ConnectionClosed,
                  f"garbage {kind} was taken for a message")
    for kind in ("type", "text", "binary", "fragments"):
        with service.open_with("garbage", kind=kind) as socket:
            expect(answered(socket), f"garbage {kind}: nothing came")
            finalize(socket)
            expect(answered(socket), f"garbage {kind}: the connection is of no use afterwards")


def absence(service):
    service.control(down=1)
    fails(service.open, ConnectionRefusedError, "down: a connection opened")
    until = time.monotonic() + PATIENCE
    while time.monotonic() < until:
        try:
            with service.open():
                return
        except ConnectionRefusedError:
            time.sleep(0.1)
    raise peer.Failure("down: the service did not come back")


def main():
    service = Service(peer.arguments(__doc__))
    for check in (handshakes, endings, lasting, garbage, absence):
        check(service)
        service.control(clear=True)
        print(f"{check.__name__}: as they should be")
    expect(service.control()["pending"] == 0, "faults are left over")


if __name__ == "__main__":
    peer.run("faults", main)
