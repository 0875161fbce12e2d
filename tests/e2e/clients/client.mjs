// A caller made of LiveKit's library for Node; tests/e2e/clients.rs says what it is told and prints.
// The library is installed in the folder that the first argument names.
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { createInterface } from "node:readline";

const rtc = createRequire(`${process.argv[2]}/`)("@livekit/rtc-node");

const SLICE = 240; // samples, 10 ms
const WAV_HEADER = 44; // bytes

const tell = (event, fields = {}) => console.log(JSON.stringify({ event, ...fields }));

const isAgent = (participant) => participant.kind === rtc.ParticipantKind.AGENT;

function onAttributes(attributes, participant) {
  if (isAgent(participant) && "lk.agent.state" in attributes) {
    tell("state", { state: attributes["lk.agent.state"] });
  }
}

// From now on tells what the room sends.
function hear(room) {
  const reading = (read) => (reader, { identity: by }) =>
    // A stream breaks off when it is the time to leave.
    read(reader, by).catch((error) => tell("broken", { by, why: error.message }));
  room.on(rtc.RoomEvent.ParticipantAttributesChanged, onAttributes);
  room.on(rtc.RoomEvent.ParticipantConnected, (it) => onAttributes(it.attributes, it));
  room.registerTextStreamHandler(
    "lk.transcription",
    reading(async (reader, by) => {
      const text = await reader.readAll();
      const { attributes } = reader.info;
      const final = attributes["lk.transcription_final"] === "true";
      tell("said", { by, segment: attributes["lk.segment_id"], final, text });
    }),
  );
  room.registerByteStreamHandler(
    "lk.agent.session",
    reading(async (reader, by) => {
      const bytes = Buffer.concat(await reader.readAll()).toString("base64");
      tell("told", { by, bytes });
    }),
  );
}

async function answer({ callerIdentity: by, method, payload }) {
  tell("asked", { by, method, payload });
  return `shipped: ${payload}`;
}

async function microphone(us) {
  const source = new rtc.AudioSource(24_000, 1);
  const track = rtc.LocalAudioTrack.createAudioTrack("microphone", source);
  const options = new rtc.TrackPublishOptions({ source: rtc.TrackSource.SOURCE_MICROPHONE });
  await us.publishTrack(track, options);
  return source;
}

async function say(voice, path) {
  const wav = readFileSync(path);
  const samples = new Int16Array(new Uint8Array(wav.subarray(WAV_HEADER)).buffer);
  for (let at = 0; at < samples.length; at += SLICE) {
    const slice = samples.slice(at, at + SLICE);
    await voice.captureFrame(new rtc.AudioFrame(slice, 24_000, 1, slice.length));
  }
  await voice.waitForPlayout();
}

async function call(room, method, payload) {
  const agent = [...room.remoteParticipants.values()].find(isAgent);
  const destinationIdentity = agent.identity;
  try {
    payload = await room.localParticipant.performRpc({ destinationIdentity, method, payload });
    tell("answered", { payload });
  } catch (error) {
    if (!(error instanceof rtc.RpcError)) throw error;
    tell("refused", { code: error.code, why: error.message });
  }
}

async function obey(room, voice, command) {
  const us = room.localParticipant;
  if ("say" in command) {
    await say(voice, command.say);
  } else if ("write" in command) {
    await us.sendText(command.write, { topic: "lk.chat" });
  } else if ("ask" in command) {
    const writer = await us.streamBytes({ name: "question", topic: "lk.agent.session" });
    await writer.write(Buffer.from(command.ask, "base64"));
    await writer.close();
  } else if ("call" in command) {
    await call(room, command.call, command.payload);
  } else {
    throw new Error(`no such command: ${Object.keys(command)}`);
  }
}

const room = new rtc.Room();
hear(room);
await room.connect(process.env.LIVEKIT_URL, process.env.LIVEKIT_TOKEN);
room.localParticipant.registerRpcMethod("lookup_order", answer);
const voice = await microphone(room.localParticipant);
for (const participant of room.remoteParticipants.values()) {
  onAttributes(participant.attributes, participant);
}
tell("joined");
for await (const line of createInterface({ input: process.stdin })) {
  await obey(room, voice, JSON.parse(line));
}
await room.disconnect();
await voice.close();
await rtc.dispose();
