"""A caller made of LiveKit's library for Python; tests/e2e/clients.rs says what it is told and prints."""

import asyncio
import base64
import json
import os
import sys
import wave

from livekit import rtc

SLICE = 240  # samples, 10 ms


def tell(event, **fields):
    print(json.dumps({"event": event, **fields}), flush=True)


def is_agent(participant):
    return participant.kind == rtc.ParticipantKind.PARTICIPANT_KIND_AGENT


def on_attributes(attributes, participant):
    if is_agent(participant) and "lk.agent.state" in attributes:
        tell("state", state=attributes["lk.agent.state"])


def hear(room, tasks):
    """From now on tells what the room sends."""

    async def transcript(reader, sender):
        try:
            text = await reader.read_all()
        except rtc.StreamError as error:  # as when it is the time to leave
            return tell("broken", by=sender, why=str(error))
        attributes = reader.info.attributes
        tell(
            "said",
            by=sender,
            segment=attributes["lk.segment_id"],
            final=attributes["lk.transcription_final"] == "true",
            text=text,
        )

    async def message(reader, sender):
        try:
            pieces = [piece async for piece in reader]
        except rtc.StreamError as error:
            return tell("broken", by=sender, why=str(error))
        tell("told", by=sender, bytes=base64.b64encode(b"".join(pieces)).decode())

    def task(reading):
        return lambda reader, sender: tasks.create_task(reading(reader, sender))

    room.on("participant_attributes_changed", on_attributes)
    room.on("participant_connected", lambda it: on_attributes(it.attributes, it))
    room.register_text_stream_handler("lk.transcription", task(transcript))
    room.register_byte_stream_handler("lk.agent.session", task(message))


def answer(call):
    tell("asked", by=call.caller_identity, method=call.method, payload=call.payload)
    return f"shipped: {call.payload}"


async def microphone(us):
    source = rtc.AudioSource(24_000, 1)
    track = rtc.LocalAudioTrack.create_audio_track("microphone", source)
    await us.publish_track(track, rtc.TrackPublishOptions(source=rtc.TrackSource.SOURCE_MICROPHONE))
    return source


async def say(voice, path):
    with wave.open(path) as clip:
        while samples := clip.readframes(SLICE):
            await voice.capture_frame(rtc.AudioFrame(samples, 24_000, 1, len(samples) // 2))
    await voice.wait_for_playout()


async def call(room, method, payload):
    agent = next(it for it in room.remote_participants.values() if is_agent(it))
    try:
        payload = await room.local_participant.perform_rpc(
            destination_identity=agent.identity, method=method, payload=payload
        )
        tell("answered", payload=payload)
    except rtc.RpcError as error:
        tell("refused", code=error.code, why=error.message)


async def obey(room, voice, command):
    us = room.local_participant
    match command:
        case {"say": path}:
            await say(voice, path)
        case {"write": text}:
            await us.send_text(text, topic="lk.chat")
        case {"ask": message}:
            writer = await us.stream_bytes("question", topic="lk.agent.session")
            await writer.write(base64.b64decode(message))
            await writer.aclose()
        case {"call": method, "payload": payload}:
            await call(room, method, payload)
        case _:
            raise ValueError(f"no such command: {command}")


async def commands():
    reader = asyncio.StreamReader()
    await asyncio.get_running_loop().connect_read_pipe(
        lambda: asyncio.StreamReaderProtocol(reader), sys.stdin
    )
    async for line in reader:
        yield json.loads(line)


async def main():
    room = rtc.Room()
    async with asyncio.TaskGroup() as tasks:
        hear(room, tasks)
        await room.connect(os.environ["LIVEKIT_URL"], os.environ["LIVEKIT_TOKEN"])
        room.local_participant.register_rpc_method("lookup_order", answer)
        voice = await microphone(room.local_participant)
        for participant in room.remote_participants.values():
            on_attributes(participant.attributes, participant)
        tell("joined")
        async for command in commands():
            await obey(room, voice, command)
        await room.disconnect()
        await voice.aclose()


asyncio.run(main())
# Threads of the library still call Python, which aborts the process if Python is shutting down.
os._exit(0)
