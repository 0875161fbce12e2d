//! What the core can be asked.

use super::*;

#[derive(Clone, PartialEq, prost::Message)]
pub struct FfiRequest {
    #[prost(
        oneof = "ffi_request::Message",
        tags = "2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 16, 17, 18, 19, 48, 25, 26, 27, 28, 31, 36, 37, 38, 39, 40, 41, 42, 43, 47, 54, 55, 56, 57, 58, 59, 60, 61, 62, 63, 64, 65, 66, 67, 68, 76, 83"
    )]
    pub message: Option<ffi_request::Message>,
}

pub mod ffi_request {
    use super::*;

    #[derive(Clone, PartialEq, prost::Oneof)]
    pub enum Message {
        #[prost(message, tag = "2")]
        Dispose(DisposeRequest),
        #[prost(message, tag = "3")]
        Connect(ConnectRequest),
        #[prost(message, tag = "4")]
        Disconnect(DisconnectRequest),
        #[prost(message, tag = "5")]
        PublishTrack(PublishTrackRequest),
        #[prost(message, tag = "6")]
        UnpublishTrack(UnpublishTrackRequest),
        #[prost(message, tag = "7")]
        PublishData(PublishDataRequest),
        #[prost(message, tag = "8")]
        SetSubscribed(SetSubscribedRequest),
        #[prost(message, tag = "9")]
        SetLocalMetadata(SetLocalMetadataRequest),
        #[prost(message, tag = "10")]
        SetLocalName(SetLocalNameRequest),
        #[prost(message, tag = "11")]
        SetLocalAttributes(SetLocalAttributesRequest),
        #[prost(message, tag = "12")]
        GetSessionStats(GetSessionStatsRequest),
        #[prost(message, tag = "13")]
        PublishTranscription(PublishTranscriptionRequest),
        #[prost(message, tag = "14")]
        PublishSipDtmf(PublishSipDtmfRequest),
        #[prost(message, tag = "16")]
        CreateAudioTrack(CreateAudioTrackRequest),
        #[prost(message, tag = "17")]
        LocalTrackMute(LocalTrackMuteRequest),
        #[prost(message, tag = "18")]
        EnableRemoteTrack(EnableRemoteTrackRequest),
        #[prost(message, tag = "19")]
        GetStats(GetStatsRequest),
        #[prost(message, tag = "48")]
        SetTrackSubscriptionPermissions(SetTrackSubscriptionPermissionsRequest),
        #[prost(message, tag = "25")]
        NewAudioStream(NewAudioStreamRequest),
        #[prost(message, tag = "26")]
        NewAudioSource(NewAudioSourceRequest),
        #[prost(message, tag = "27")]
        CaptureAudioFrame(CaptureAudioFrameRequest),
        #[prost(message, tag = "28")]
        ClearAudioBuffer(ClearAudioBufferRequest),
        #[prost(message, tag = "31")]
        E2ee(E2eeRequest),
        #[prost(message, tag = "36")]
        SendChatMessage(SendChatMessageRequest),
        #[prost(message, tag = "37")]
        EditChatMessage(EditChatMessageRequest),
        #[prost(message, tag = "38")]
        PerformRpc(PerformRpcRequest),
        #[prost(message, tag = "39")]
        RegisterRpcMethod(RegisterRpcMethodRequest),
        #[prost(message, tag = "40")]
        UnregisterRpcMethod(UnregisterRpcMethodRequest),
        #[prost(message, tag = "41")]
        RpcMethodInvocationResponse(RpcMethodInvocationResponseRequest),
        #[prost(message, tag = "42")]
        EnableRemoteTrackPublication(EnableRemoteTrackPublicationRequest),
        #[prost(message, tag = "43")]
        UpdateRemoteTrackPublicationDimension(UpdateRemoteTrackPublicationDimensionRequest),
        #[prost(message, tag = "47")]
        SetDataChannelBufferedAmountLowThreshold(SetDataChannelBufferedAmountLowThresholdRequest),
        #[prost(message, tag = "54")]
        ByteReadIncremental(ByteStreamReaderReadIncrementalRequest),
        #[prost(message, tag = "55")]
        ByteReadAll(ByteStreamReaderReadAllRequest),
        #[prost(message, tag = "56")]
        ByteWriteToFile(ByteStreamReaderWriteToFileRequest),
        #[prost(message, tag = "57")]
        TextReadIncremental(TextStreamReaderReadIncrementalRequest),
        #[prost(message, tag = "58")]
        TextReadAll(TextStreamReaderReadAllRequest),
        #[prost(message, tag = "59")]
        SendFile(StreamSendFileRequest),
        #[prost(message, tag = "60")]
        SendText(StreamSendTextRequest),
        #[prost(message, tag = "61")]
        ByteStreamOpen(ByteStreamOpenRequest),
        #[prost(message, tag = "62")]
        ByteStreamWrite(ByteStreamWriterWriteRequest),
        #[prost(message, tag = "63")]
        ByteStreamClose(ByteStreamWriterCloseRequest),
        #[prost(message, tag = "64")]
        TextStreamOpen(TextStreamOpenRequest),
        #[prost(message, tag = "65")]
        TextStreamWrite(TextStreamWriterWriteRequest),
        #[prost(message, tag = "66")]
        TextStreamClose(TextStreamWriterCloseRequest),
        #[prost(message, tag = "67")]
        SendBytes(StreamSendBytesRequest),
        #[prost(message, tag = "68")]
        SetRemoteTrackPublicationQuality(SetRemoteTrackPublicationQualityRequest),
        #[prost(message, tag = "76")]
        SimulateScenario(SimulateScenarioRequest),
        #[prost(message, tag = "83")]
        ReadyForRoomEvent(ReadyForRoomEventRequest),
    }
}
