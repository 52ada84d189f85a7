#!/usr/bin/env python3
"""Drives a Deepgram-compatible service with PyPI `websockets`, authenticated by subprotocols ["token", key].

Usage: websockets_peer.py URL KEY WAV [--words a,b] [--ca PEM]; exits 0 if everything was as documented.
"""

import hashlib
import json
import ssl

import peer
from peer import expect
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.sync.client import connect

PATIENCE = 60


def open_socket(args, path, subprotocols=None):
    context = ssl.create_default_context(cafile=args.ca) if args.url.startswith("wss:") else None
    return connect(
        args.url + path, subprotocols=subprotocols or ["token", args.key], compression=None, ssl=context,
        open_timeout=PATIENCE, close_timeout=PATIENCE)


def read_to_close(socket):
    """Returns (messages, code, reason) when the server has closed."""
    messages = []
    try:
        while True:
            messages.append(socket.recv(timeout=PATIENCE))
    except ConnectionClosed as closed:
        expect(closed.rcvd is not None, "the connection ended without a close frame")
        return messages, closed.rcvd.code, closed.rcvd.reason


def listen(args):
    audio, rate = peer.load(args.wav)
    query = f"model=nova-3&encoding=linear16&sample_rate={rate}&channels=1&interim_results=true"
    query += "&vad_events=true&utterance_end_ms=1000&punctuate=true&keyterm=a%20b&keyterm=c"
    with open_socket(args, f"/v1/listen?{query}") as socket:
        expect(socket.subprotocol == "token", f"the server selected {socket.subprotocol!r}, not 'token'")
        headers = socket.response.headers
        expect(headers.get("dg-request-id"), "no dg-request-id in the answer")
        expect("Sec-WebSocket-Extensions" not in headers, "an extension was negotiated")
        for chunk in peer.chunks(audio, rate):
            socket.send(chunk)
        socket.send(json.dumps({"type": "KeepAlive"}))
        socket.send(json.dumps({"type": "Nonsense"}))
        socket.send(json.dumps({"type": "CloseStream"}))
        raw, code, _ = read_to_close(socket)
    expect(code == 1000, f"closed with {code}, not 1000")
    messages = [json.loads(message) for message in raw]
    results = [message for message in messages if message["type"] == "Results"]
    finals = [message for message in results if message["is_final"]]
    seconds = len(audio) / 2 / rate
    peer.check_timeline([(final["start"], final["duration"]) for final in finals], seconds)
    transcript = " ".join(final["channel"]["alternatives"][0]["transcript"] for final in finals)
    peer.check_words(transcript, args.words)
    for final in finals:
        for word in final["channel"]["alternatives"][0]["words"]:
            end = final["start"] + final["duration"] + 1e-6
            expect(final["start"] - 1e-6 <= word["start"] <= word["end"] <= end, f"{word} outside of its final")
            expect("punctuated_word" in word, "punctuate=true, but no punctuated_word")
    expect(any(not result["is_final"] for result in results), "no interim result arrived")
    kinds = {message["type"] for message in messages}
    expect("SpeechStarted" in kinds, "no SpeechStarted arrived")
    error = [message for message in messages if message["type"] == "Error"]
    expect(error and error[0]["variant"] == "SchemaError", "an unknown message type was not answered with an Error")
    metadata = messages[-1]
    expect(metadata["type"] == "Metadata", f"the last message is {metadata['type']}, not Metadata")
    expect(abs(metadata["duration"] - seconds) < 1e-6, f"Metadata says {metadata['duration']} s, sent {seconds} s")
    expect(metadata["sha256"] == hashlib.sha256(audio).hexdigest(), "the SHA-256 is not that of the audio sent")
    expect(metadata["request_id"] == headers["dg-request-id"], "request ids of header and Metadata differ")
    print(f"heard: {transcript}")


def finalize(args):
    audio, rate = peer.load(args.wav)
    half = audio[:rate * 2]
    query = f"model=nova-3&encoding=linear16&sample_rate={rate}"
    with open_socket(args, f"/v1/listen?{query}") as socket:
        for chunk in peer.chunks(half, rate):
            socket.send(chunk)
        socket.send(json.dumps({"type": "Finalize"}))
        message = json.loads(socket.recv(timeout=PATIENCE))
        while not message.get("from_finalize"):
            message = json.loads(socket.recv(timeout=PATIENCE))
        end = message["start"] + message["duration"]
        expect(abs(end - 1.0) < 1e-6, f"Finalize confirmed up to {end} s of 1 s")
        socket.send(b"")
        raw, code, _ = read_to_close(socket)
    expect(code == 1000, f"an empty binary message closed with {code}, not 1000")
    expect(json.loads(raw[-1])["type"] == "Metadata", "an empty binary message did not bring Metadata")


def refusals(args):
    wrong = [
        (401, "/v1/listen?encoding=linear16&sample_rate=16000", ["chat"]),
        (400, "/v1/listen?encoding=mp7&sample_rate=16000", None),
        (400, "/v1/listen?encoding=linear16", None),
        (400, "/v1/listen?encoding=linear16&sample_rate=16000&interim_results=True", None),
        (400, "/v1/speak?encoding=linear16&sample_rate=44100", None),
        (404, "/v9/listen", None),
    ]
    for status, path, subprotocols in wrong:
        try:
            open_socket(args, path, subprotocols).close()
        except InvalidStatus as refusal:
            response = refusal.response
            expect(response.status_code == status, f"{path}: {response.status_code}, not {status}")
            expect(response.headers.get("dg-error"), f"{path}: no dg-error")
            expect(response.headers.get("dg-request-id"), f"{path}: no dg-request-id")
            body = json.loads(response.body)
            expect({"err_code", "err_msg", "request_id"} <= body.keys(), f"{path}: body is {body}")
        else:
            raise peer.Failure(f"{path} with {subprotocols} was accepted")


def speak(args):
    with open_socket(args, "/v1/speak?model=aura-2-thalia-en&encoding=linear16&sample_rate=16000") as socket:
        expect(json.loads(socket.recv(timeout=PATIENCE))["type"] == "Metadata", "no Metadata at open")
        for number in range(2):
            socket.send(json.dumps({"type": "Speak", "text": "Good morning. The door is open"}))
            socket.send(json.dumps({"type": "Flush"}))
            size = 0
            while isinstance(message := socket.recv(timeout=PATIENCE), bytes):
                expect(message, "an empty audio message")
                size += len(message)
            flushed = json.loads(message)
            expect(flushed == {"type": "Flushed", "sequence_id": number}, f"after the audio came {flushed}")
            expect(size % 2 == 0 and size > 16000, f"{size} bytes of audio")
        socket.send(json.dumps({"type": "Clear"}))
        expect(json.loads(socket.recv(timeout=PATIENCE))["type"] == "Cleared", "Clear was not answered by Cleared")
        socket.send(json.dumps({"type": "Close"}))
        _, code, _ = read_to_close(socket)
        expect(code == 1000, f"Close closed with {code}, not 1000")
    mistakes = [(json.dumps({"type": "Sing"}), 1008), (b"\0\0", 1003),
                (json.dumps({"type": "Speak", "text": "a" * 2001}), 1009)]
    for message, wanted in mistakes:
        with open_socket(args, "/v1/speak?encoding=linear16") as socket:
            socket.send(message)
            _, code, _ = read_to_close(socket)
            expect(code == wanted, f"{message[:20]!r} closed with {code}, not {wanted}")


def main():
    args = peer.arguments(__doc__)
    refusals(args)
    listen(args)
    finalize(args)
    speak(args)


if __name__ == "__main__":
    peer.run("websockets", main)
