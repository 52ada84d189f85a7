#!/usr/bin/env python3
"""Drives a Deepgram-compatible service with the official `deepgram-sdk` 7.17.0, as an application would.

Usage: deepgram_sdk_peer.py URL KEY WAV [--words a,b]; exits 0 if everything was as documented.
"""

import os
import threading

import peer
from peer import expect

PATIENCE = 90


def client(args):
    if args.ca:
        os.environ["SSL_CERT_FILE"] = args.ca
    from deepgram import DeepgramClient
    from deepgram.environment import DeepgramClientEnvironment

    http = args.url.replace("ws", "http", 1)
    environment = DeepgramClientEnvironment(
        base=http, production=args.url, agent=args.url, agent_rest=http)
    return DeepgramClient(api_key=args.key, environment=environment)


def collect(connection):
    """Starts a thread that gathers everything the connection receives until it is closed."""
    from deepgram.core.events import EventType

    messages, errors = [], []
    connection.on(EventType.MESSAGE, messages.append)
    connection.on(EventType.ERROR, errors.append)
    thread = threading.Thread(target=connection.start_listening, daemon=True)
    thread.start()

    def wait():
        thread.join(PATIENCE)
        expect(not thread.is_alive(), f"the connection is still open after {PATIENCE} s")
        expect(not errors, f"the SDK reported {errors}")
        return messages

    return wait


def listen(args):
    audio, rate = peer.load(args.wav)
    options = dict(
        model="nova-3", encoding="linear16", sample_rate=rate, channels=1, interim_results=True,
        punctuate=True, smart_format=True, vad_events=True, utterance_end_ms=1000, endpointing=300)
    with client(args).listen.v1.connect(**options) as connection:
        wait = collect(connection)
        for chunk in peer.chunks(audio, rate):
            connection.send_media(chunk)
        connection.send_keep_alive()
        connection.send_finalize()
        connection.send_close_stream()
        messages = wait()
    kinds = [type(message).__name__ for message in messages]
    strange = {name for name in kinds if not name.startswith("ListenV1")}
    expect(not strange, f"the SDK could not decode {strange}")
    expect(kinds[-1] == "ListenV1Metadata", f"the last message is {kinds[-1]}, not Metadata")
    finals = [message for message in messages if message.type == "Results" and message.is_final]
    seconds = len(audio) / 2 / rate
    peer.check_timeline([(final.start, final.duration) for final in finals], seconds)
    expect(any(final.from_finalize for final in finals), "Finalize brought no from_finalize result")
    expect(abs(messages[-1].duration - seconds) < 1e-6, f"Metadata says {messages[-1].duration} s")
    transcript = " ".join(final.channel.alternatives[0].transcript for final in finals)
    peer.check_words(transcript, args.words)
    print(f"heard: {transcript}")


def speak(args):
    from deepgram.speak.v1.types import SpeakV1Text

    with client(args).speak.v1.connect(
            model="aura-2-thalia-en", encoding="linear16", sample_rate=24000) as connection:
        wait = collect(connection)
        connection.send_text(SpeakV1Text(type="Speak", text="Good morning. The door is open"))
        connection.send_flush()
        connection.send_close()
        messages = wait()
    size = sum(len(message) for message in messages if isinstance(message, bytes))
    kinds = [type(message).__name__ for message in messages if not isinstance(message, bytes)]
    expect(kinds == ["SpeakV1Metadata", "SpeakV1Flushed"], f"text messages were {kinds}")
    expect(size % 2 == 0 and size > 24000, f"{size} bytes of audio")


def refused(args):
    from deepgram.core.api_error import ApiError
    from websockets.exceptions import InvalidStatus

    try:
        with client(args).listen.v1.connect(model="nova-3", encoding="linear16") as _:
            pass
    except ApiError as error:
        status = error.status_code
    except InvalidStatus as error:
        status = error.response.status_code
    else:
        raise peer.Failure("a missing sample_rate was accepted")
    expect(status == 400, f"a missing sample_rate was refused with {status}")


def main():
    args = peer.arguments(__doc__)
    listen(args)
    speak(args)
    refused(args)


if __name__ == "__main__":
    peer.run("deepgram-sdk", main)
