import { AgentSession } from '@livekit/protocol';
import type { ByteStreamReader, Room } from 'livekit-client';
import { agentOf } from './agent';

const { AgentSessionMessage, ToolCallStatus } = AgentSession;
type AgentSessionEvent = AgentSession.AgentSessionEvent;

/** One tool call, as far as it is known. */
export interface ToolCall {
  id: string;
  name?: string;
  /** JSON arguments, as the model wrote them. */
  input?: string;
  /** The result, or the latest progress message. */
  output?: string;
  status?: 'running' | 'done' | 'failed' | 'cancelled';
}

/** Receives what changed about a tool call. */
export type OnTool = (call: ToolCall) => void;

const SESSION = 'lk.agent.session';

/** Maximum size of a message in bytes; larger ones are never events that this page shows. */
const LONGEST = 1 << 20;

/** Follows the agent's tool calls. */
export function followTools(room: Room, onTool: OnTool): void {
  room.registerByteStreamHandler(SESSION, async (reader, { identity }) => {
    if (identity !== agentOf(room)?.identity) return;
    const message = await read(reader);
    if (message?.message.case !== 'event') return;
    for (const call of callsOf(message.message.value)) onTool(call);
  });
}

async function read(reader: ByteStreamReader): Promise<AgentSession.AgentSessionMessage | undefined> {
  if ((reader.info.size ?? 0) > LONGEST) return undefined;
  try {
    const whole = new Blob((await reader.readAll()) as BlobPart[]);
    return AgentSessionMessage.fromBinary(new Uint8Array(await whole.arrayBuffer()));
  } catch {
    // Truncated, or in a protocol version that this page does not know.
    return undefined;
  }
}

function callsOf({ event }: AgentSessionEvent): ToolCall[] {
  switch (event.case) {
    case 'functionToolsStarted':
      return event.value.functionCalls.map(started);
    case 'functionToolsExecuted':
      return [
        ...event.value.functionCalls.map(({ callId, name, arguments: input }) => ({ id: callId, name, input })),
        ...event.value.functionCallOutputs.map(({ callId, name, output, isError }) => ({
          id: callId,
          ...(name && { name }),
          output,
          status: isError ? ('failed' as const) : ('done' as const),
        })),
      ];
    case 'toolExecutionUpdated':
      return updated(event.value.update);
    default:
      return [];
  }
}

type Update = Extract<AgentSessionEvent['event'], { case: 'toolExecutionUpdated' }>['value']['update'];

function updated(update: Update): ToolCall[] {
  switch (update.case) {
    case 'started':
      return update.value.functionCall ? [started(update.value.functionCall)] : [];
    case 'callUpdated':
      return [{ id: update.value.callId, output: update.value.message }];
    case 'ended': {
      const { callId, message, status } = update.value;
      return [{ id: callId, status: ENDS[status] ?? 'done', ...(message !== undefined && { output: message }) }];
    }
    default:
      return [];
  }
}

const ENDS: Partial<Record<AgentSession.ToolCallStatus, ToolCall['status'] & string>> = {
  [ToolCallStatus.TC_ERROR]: 'failed',
  [ToolCallStatus.TC_CANCELLED]: 'cancelled',
};

function started(call: { callId: string; name: string; arguments: string }): ToolCall {
  return { id: call.callId, name: call.name, input: call.arguments, status: 'running' };
}
