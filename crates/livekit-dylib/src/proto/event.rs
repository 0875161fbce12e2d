//! What the core tells: ends of requests, and events of objects.

use super::*;

#[derive(Clone, PartialEq, prost::Message)]
pub struct FfiEvent {
    #[prost(
        oneof = "ffi_event::Message",
        tags = "1, 4, 5, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 28, 29, 30, 31, 32, 33, 34, 35, 36, 37, 38, 39, 40, 41, 44"
    )]
    pub message: Option<ffi_event::Message>,
}

pub mod ffi_event {
    use super::*;

    #[derive(Clone, PartialEq, prost::Oneof)]
    pub enum Message {
        #[prost(message, tag = "1")]
        RoomEvent(RoomEvent),
        #[prost(message, tag = "4")]
        AudioStreamEvent(AudioStreamEvent),
        #[prost(message, tag = "5")]
        Connect(ConnectCallback),
        #[prost(message, tag = "7")]
        Disconnect(DisconnectCallback),
        #[prost(message, tag = "8")]
        Dispose(DisposeCallback),
        #[prost(message, tag = "9")]
        PublishTrack(PublishTrackCallback),
        #[prost(message, tag = "10")]
        UnpublishTrack(UnpublishTrackCallback),
        #[prost(message, tag = "11")]
        PublishData(PublishDataCallback),
        #[prost(message, tag = "12")]
        PublishTranscription(PublishTranscriptionCallback),
        #[prost(message, tag = "13")]
        CaptureAudioFrame(CaptureAudioFrameCallback),
        #[prost(message, tag = "14")]
        SetLocalMetadata(SetLocalMetadataCallback),
        #[prost(message, tag = "15")]
        SetLocalName(SetLocalNameCallback),
        #[prost(message, tag = "16")]
        SetLocalAttributes(SetLocalAttributesCallback),
        #[prost(message, tag = "17")]
        GetStats(GetStatsCallback),
        #[prost(message, tag = "18")]
        Logs(LogBatch),
        #[prost(message, tag = "19")]
        GetSessionStats(GetSessionStatsCallback),
        #[prost(message, tag = "20")]
        Panic(Panic),
        #[prost(message, tag = "21")]
        PublishSipDtmf(PublishSipDtmfCallback),
        #[prost(message, tag = "22")]
        ChatMessage(SendChatMessageCallback),
        #[prost(message, tag = "23")]
        PerformRpc(PerformRpcCallback),
        #[prost(message, tag = "24")]
        RpcMethodInvocation(RpcMethodInvocationEvent),
        #[prost(message, tag = "28")]
        ByteStreamReaderEvent(ByteStreamReaderEvent),
        #[prost(message, tag = "29")]
        ByteStreamReaderReadAll(ByteStreamReaderReadAllCallback),
        #[prost(message, tag = "30")]
        ByteStreamReaderWriteToFile(ByteStreamReaderWriteToFileCallback),
        #[prost(message, tag = "31")]
        ByteStreamOpen(ByteStreamOpenCallback),
        #[prost(message, tag = "32")]
        ByteStreamWriterWrite(ByteStreamWriterWriteCallback),
        #[prost(message, tag = "33")]
        ByteStreamWriterClose(ByteStreamWriterCloseCallback),
        #[prost(message, tag = "34")]
        SendFile(StreamSendFileCallback),
        #[prost(message, tag = "35")]
        TextStreamReaderEvent(TextStreamReaderEvent),
        #[prost(message, tag = "36")]
        TextStreamReaderReadAll(TextStreamReaderReadAllCallback),
        #[prost(message, tag = "37")]
        TextStreamOpen(TextStreamOpenCallback),
        #[prost(message, tag = "38")]
        TextStreamWriterWrite(TextStreamWriterWriteCallback),
        #[prost(message, tag = "39")]
        TextStreamWriterClose(TextStreamWriterCloseCallback),
        #[prost(message, tag = "40")]
        SendText(StreamSendTextCallback),
        #[prost(message, tag = "41")]
        SendBytes(StreamSendBytesCallback),
        #[prost(message, tag = "44")]
        SimulateScenario(SimulateScenarioCallback),
    }
}
