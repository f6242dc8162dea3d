"""GStreamer's webrtcbin as publisher and as subscriber: gstreamer_client.py publish|subscribe URL TOKEN.

Debian 12 has no elements for WHIP and WHEP, so the HTTP is done here.
"""

import sys
import threading

import gi

gi.require_version("Gst", "1.0")
gi.require_version("GstSdp", "1.0")
gi.require_version("GstWebRTC", "1.0")
from gi.repository import GLib, Gst, GstSdp, GstWebRTC  # noqa: E402

from whip_whep import delete, post, report, when_stdin_closes  # noqa: E402

ENOUGH_FRAMES = 30
ENOUGH_SOUND = 50
PATIENCE_S = 60

VIDEO_CAPS = "application/x-rtp,media=video,encoding-name=VP8,payload=96,clock-rate=90000"
AUDIO_CAPS = "application/x-rtp,media=audio,encoding-name=OPUS,payload=97,clock-rate=48000,encoding-params=(string)2"

PUBLISHER = f"""
webrtcbin name=peer bundle-policy=max-bundle
videotestsrc is-live=true pattern=green ! video/x-raw,width=640,height=360,framerate=30/1
  ! vp8enc deadline=1 keyframe-max-dist=300 target-bitrate=500000 ! rtpvp8pay picture-id-mode=15-bit
  ! {VIDEO_CAPS} ! peer.
audiotestsrc is-live=true ! audioconvert ! audioresample ! opusenc ! rtpopuspay ! {AUDIO_CAPS} ! peer.
"""


class Client:
    def __init__(self, what: str, url: str, token: str) -> None:
        self.what, self.url, self.token = what, url, token
        self.location: str | None = None
        self.counts = {"video": 0, "audio": 0, "loud": 0, "lines": 0}
        self.failed = False
        self.loop = GLib.MainLoop()
        publishes = what == "publish"
        description = PUBLISHER if publishes else "webrtcbin name=peer bundle-policy=max-bundle"
        self.pipeline = Gst.parse_launch(description)
        if not isinstance(self.pipeline, Gst.Pipeline):
            element, self.pipeline = self.pipeline, Gst.Pipeline()
            self.pipeline.add(element)
        self.peer = self.pipeline.get_by_name("peer")
        bus = self.pipeline.get_bus()
        bus.add_signal_watch()
        bus.connect("message::error", self.on_error)
        bus.connect("message::element", self.on_level)
        self.peer.connect("on-negotiation-needed", self.on_negotiation_needed)
        self.peer.connect("pad-added", self.on_pad)
        if publishes:
            direction = GstWebRTC.WebRTCRTPTransceiverDirection.SENDONLY
            for index in range(2):
                transceiver = self.peer.emit("get-transceiver", index)
                transceiver.set_property("direction", direction)
        else:
            direction = GstWebRTC.WebRTCRTPTransceiverDirection.RECVONLY
            for caps in (VIDEO_CAPS, AUDIO_CAPS):
                self.peer.emit("add-transceiver", direction, Gst.Caps.from_string(caps))

    def run(self) -> int:
        self.pipeline.set_state(Gst.State.PLAYING)
        when_stdin_closes(lambda: GLib.idle_add(self.loop.quit))
        if self.what == "subscribe":
            GLib.timeout_add_seconds(PATIENCE_S, self.fail, "not enough came")
        self.loop.run()
        if self.what == "subscribe":
            report(event="received", version=Gst.version_string(), decoded=True, **self.counts)
        if self.location is not None:
            delete(self.location, self.token)
        self.pipeline.set_state(Gst.State.NULL)
        return 1 if self.failed else 0

    def fail(self, why: str) -> bool:
        self.failed = True
        print(why, file=sys.stderr)
        self.loop.quit()
        return False

    def on_error(self, _bus, message) -> None:
        self.fail(str(message.parse_error()))

    def on_negotiation_needed(self, peer) -> None:
        peer.emit("create-offer", None, Gst.Promise.new_with_change_func(self.on_offer, None))

    def on_offer(self, promise, _data) -> None:
        # The offer lives in the reply and no longer than it.
        reply = promise.get_reply()
        self.peer.connect("notify::ice-gathering-state", self.on_gathering)
        self.peer.emit("set-local-description", reply.get_value("offer"), Gst.Promise.new())

    def on_gathering(self, peer, _state) -> None:
        if peer.get_property("ice-gathering-state") != GstWebRTC.WebRTCICEGatheringState.COMPLETE:
            return
        threading.Thread(target=self.negotiate, daemon=True).start()

    def negotiate(self) -> None:
        try:
            offer = self.peer.get_property("local-description").sdp.as_text()
            text, self.location = post(self.url, self.token, offer)
        except Exception as error:  # whatever it is, there is no session
            GLib.idle_add(self.fail, repr(error))
            return
        _, message = GstSdp.SDPMessage.new_from_text(text)
        answer = GstWebRTC.WebRTCSessionDescription.new(GstWebRTC.WebRTCSDPType.ANSWER, message)
        self.peer.emit("set-remote-description", answer, Gst.Promise.new())
        if self.what == "publish":
            report(event="publishing", version=Gst.version_string())

    def on_pad(self, _peer, pad) -> None:
        if pad.get_direction() != Gst.PadDirection.SRC:
            return
        kind = pad.get_current_caps().get_structure(0).get_string("media")
        way = {
            "video": "rtpvp8depay ! vp8dec ! identity name=count ! fakesink",
            "audio": "rtpopusdepay ! opusdec ! level ! identity name=count ! fakesink",
        }[kind]
        sink = Gst.parse_bin_from_description(f"queue ! {way}", True)
        sink.get_by_name("count").get_static_pad("sink").add_probe(
            Gst.PadProbeType.BUFFER, self.on_buffer, kind
        )
        self.pipeline.add(sink)
        sink.sync_state_with_parent()
        pad.link(sink.get_static_pad("sink"))

    def on_buffer(self, pad, _info, kind: str):
        self.counts[kind] += 1
        if kind == "video":
            self.counts["lines"] = pad.get_current_caps().get_structure(0).get_value("height")
        self.look()
        return Gst.PadProbeReturn.OK

    def on_level(self, _bus, message) -> None:
        structure = message.get_structure()
        if structure.get_name() == "level" and max(structure.get_value("rms")) > -60:
            # A level speaks for a tenth of a second: five packets.
            self.counts["loud"] += 5
            self.look()

    def look(self) -> None:
        if self.counts["video"] >= ENOUGH_FRAMES and self.counts["loud"] >= ENOUGH_SOUND:
            GLib.idle_add(self.loop.quit)


if __name__ == "__main__":
    Gst.init(None)
    sys.exit(Client(*sys.argv[1:]).run())
