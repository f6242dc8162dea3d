"""aiortc as publisher and as subscriber: aiortc_client.py publish|subscribe URL TOKEN."""

import asyncio
import fractions
import math
import sys

import aiortc
import av
from aiortc import RTCConfiguration, RTCPeerConnection, RTCSessionDescription
from aiortc.mediastreams import AudioStreamTrack, VideoStreamTrack

from whip_whep import delete, post, report, when_stdin_closes

ENOUGH_FRAMES = 30
ENOUGH_SOUND = 50
SAMPLES = 960
RATE = 48_000


class Green(VideoStreamTrack):
    """A green picture of 360 lines, 30 times a second."""

    async def recv(self) -> av.VideoFrame:
        pts, time_base = await self.next_timestamp()
        frame = av.VideoFrame(640, 360, "yuv420p")
        for plane, value in zip(frame.planes, (100, 90, 60)):
            plane.update(bytes([value]) * plane.buffer_size)
        frame.pts, frame.time_base = pts, time_base
        return frame


class Tone(AudioStreamTrack):
    """A steady tone."""

    _at = 0
    _begun = None

    async def recv(self) -> av.AudioFrame:
        loop = asyncio.get_running_loop()
        self._begun = self._begun or loop.time()
        await asyncio.sleep(max(0.0, self._begun + self._at / RATE - loop.time()))
        frame = av.AudioFrame("s16", "mono", SAMPLES)
        samples = bytearray()
        for index in range(self._at, self._at + SAMPLES):
            value = int(8_000 * math.sin(2 * math.pi * 440 * index / RATE))
            samples += value.to_bytes(2, "little", signed=True)
        frame.planes[0].update(bytes(samples))
        frame.sample_rate, frame.pts = RATE, self._at
        frame.time_base = fractions.Fraction(1, RATE)
        self._at += SAMPLES
        return frame


async def publish(url: str, token: str) -> None:
    pc = RTCPeerConnection(RTCConfiguration(iceServers=[]))
    pc.addTransceiver(Green(), "sendonly")
    pc.addTransceiver(Tone(), "sendonly")
    location = await begin(pc, url, token)
    done = asyncio.Event()
    loop = asyncio.get_running_loop()
    when_stdin_closes(lambda: loop.call_soon_threadsafe(done.set))
    report(event="publishing", version=aiortc.__version__)
    await done.wait()
    await asyncio.to_thread(delete, location, token)
    await pc.close()


async def subscribe(url: str, token: str) -> None:
    pc = RTCPeerConnection(RTCConfiguration(iceServers=[]))
    counts = {"video": 0, "audio": 0, "loud": 0, "lines": 0}
    done = asyncio.Event()

    async def consume(track) -> None:
        while True:
            frame = await track.recv()
            counts[track.kind] += 1
            if track.kind == "video":
                counts["lines"] = frame.height
            elif any(bytes(frame.planes[0])):
                counts["loud"] += 1
            if counts["video"] >= ENOUGH_FRAMES and counts["loud"] >= ENOUGH_SOUND:
                done.set()

    tasks = []
    pc.on("track", lambda track: tasks.append(asyncio.ensure_future(consume(track))))
    pc.addTransceiver("video", "recvonly")
    pc.addTransceiver("audio", "recvonly")
    location = await begin(pc, url, token)
    try:
        await asyncio.wait_for(done.wait(), 60)
    finally:
        report(event="received", version=aiortc.__version__, decoded=True, **counts)
        await asyncio.to_thread(delete, location, token)
        await pc.close()


async def begin(pc: RTCPeerConnection, url: str, token: str) -> str:
    await pc.setLocalDescription(await pc.createOffer())
    answer, location = await asyncio.to_thread(post, url, token, pc.localDescription.sdp)
    await pc.setRemoteDescription(RTCSessionDescription(answer, "answer"))
    return location


if __name__ == "__main__":
    what, url, token = sys.argv[1:]
    asyncio.run({"publish": publish, "subscribe": subscribe}[what](url, token))
