"""What the peer scripts share: arguments, a WAV file as linear16, and failing with a sentence."""

import argparse
import re
import sys
import wave


class Failure(Exception):
    """What was expected and did not happen."""


def expect(condition, sentence):
    if not condition:
        raise Failure(sentence)


def arguments(description):
    parser = argparse.ArgumentParser(description=description)
    parser.add_argument("url", help="base URL of the service, such as ws://127.0.0.1:8210")
    parser.add_argument("key", help="API key")
    parser.add_argument("wav", help="16-bit mono WAV file with speech")
    parser.add_argument("--words", default="", help="comma-separated words, one of which must be heard")
    parser.add_argument("--ca", help="PEM certificate to trust, for wss")
    return parser.parse_args()


def load(path):
    """Returns (samples as bytes, frames per second) with a second of silence behind the speech."""
    with wave.open(path) as file:
        expect(file.getsampwidth() == 2 and file.getnchannels() == 1, f"{path} is not 16-bit mono")
        rate = file.getframerate()
        return file.readframes(file.getnframes()) + bytes(2 * rate), rate


def chunks(audio, rate):
    """100 ms pieces."""
    step = rate // 10 * 2
    return [audio[at:at + step] for at in range(0, len(audio), step)]


def check_timeline(finals, seconds):
    """Finals are (start, duration) and must cover the audio from 0 to its end without gap or overlap."""
    expect(finals, "no final results arrived")
    at = 0.0
    for start, duration in finals:
        expect(abs(start - at) < 1e-6, f"a final starts at {start}, the one before ended at {at}")
        at = start + duration
    expect(abs(at - seconds) < 1e-6, f"finals end at {at} s, {seconds} s were sent")


def check_words(transcript, wanted):
    """Words are compared whole and without case."""
    heard = set(re.findall(r"[a-z']+", transcript.lower()))
    wanted = [word.strip().lower() for word in wanted.split(",") if word.strip()]
    expect(not wanted or heard & set(wanted), f"none of {wanted} in '{transcript}'")


def run(name, main):
    try:
        main()
    except Failure as failure:
        print(f"{name}: FAILED: {failure}", file=sys.stderr)
        sys.exit(1)
    except Exception as error:  # any other exception is a failure too, told in one line
        print(f"{name}: FAILED: {type(error).__name__}: {error}", file=sys.stderr)
        sys.exit(1)
    print(f"{name}: ok")
