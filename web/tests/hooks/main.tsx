// Shows what LiveKit's own React hooks report about the agent, as plain text for a test to read.
import {
  BarVisualizer,
  RoomAudioRenderer,
  SessionProvider,
  useAgent,
  useSession,
  useSessionMessages,
  useTranscriptions,
  useVoiceAssistant,
} from '@livekit/components-react';
import { Room, TokenSource } from 'livekit-client';
import type { ReactNode } from 'react';
import { createRoot } from 'react-dom/client';

const source = TokenSource.endpoint('/api/token');

// livekit-client reads this option only here; it ignores it when publishing a single microphone.
const room = new Room({ publishDefaults: { preConnectBuffer: true } });

function Hooks(): ReactNode {
  const assistant = useVoiceAssistant();
  const agent = useAgent();
  const transcriptions = useTranscriptions();
  const { messages, send } = useSessionMessages();
  return (
    <main>
      <output id="assistant">{assistant.state}</output> <output id="agent">{agent.state}</output>
      <output id="connected">{String(agent.isConnected)}</output>
      <output id="track">{assistant.audioTrack?.publication.trackSid}</output>
      {agent.microphoneTrack && <BarVisualizer id="bars" state={agent.state} track={agent.microphoneTrack} />}
      <ol id="messages">
        {messages.map((it) => (
          <li key={it.id}>{`${it.type}: ${it.message}`}</li>
        ))}
      </ol>
      <ol id="transcriptions">
        {transcriptions.map((it) => (
          <li key={it.streamInfo.id}>{`${it.participantInfo.identity}: ${it.text}`}</li>
        ))}
      </ol>
      <button type="button" onClick={() => void send('Do you have a table?')}>
        Send
      </button>
    </main>
  );
}

function App(): ReactNode {
  const session = useSession(source, { room });
  return (
    <SessionProvider session={session}>
      <button type="button" onClick={() => void session.start()}>
        Start
      </button>
      <Hooks />
      <RoomAudioRenderer />
    </SessionProvider>
  );
}

createRoot(document.getElementById('root')!).render(<App />);
