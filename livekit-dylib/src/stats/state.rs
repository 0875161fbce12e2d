//! States and kinds in statistics.

use super::mirror::state;

state! {
    /// What keeps a video from its full quality.
    pub enum QualityLimitationReason {
        None = LimitationNone,
        Cpu = LimitationCpu,
        Bandwidth = LimitationBandwidth,
        Other = LimitationOther,
    } else None
}

state! {
    /// Which side decides on the ICE candidates.
    pub enum IceRole {
        Unknown = IceUnknown,
        Controlling = IceControlling,
        Controlled = IceControlled,
    } else Unknown
}

state! {
    /// The state of the encrypted transport.
    pub enum DtlsTransportState {
        New = DtlsTransportNew,
        Connecting = DtlsTransportConnecting,
        Connected = DtlsTransportConnected,
        Closed = DtlsTransportClosed,
        Failed = DtlsTransportFailed,
    }
}

state! {
    /// The state of the search for a path.
    pub enum IceTransportState {
        New = IceTransportNew,
        Checking = IceTransportChecking,
        Connected = IceTransportConnected,
        Completed = IceTransportCompleted,
        Disconnected = IceTransportDisconnected,
        Failed = IceTransportFailed,
        Closed = IceTransportClosed,
    }
}

state! {
    /// Which side opened the encrypted transport.
    pub enum DtlsRole {
        Client = DtlsClient,
        Server = DtlsServer,
        Unknown = DtlsUnknown,
    } else Unknown
}

state! {
    /// The state of a pair of candidates.
    pub enum IceCandidatePairState {
        Frozen = PairFrozen,
        Waiting = PairWaiting,
        InProgress = PairInProgress,
        Failed = PairFailed,
        Succeeded = PairSucceeded,
    }
}

state! {
    /// Where a candidate comes from.
    pub enum IceCandidateType {
        Host = Host,
        Srflx = Srflx,
        Prflx = Prflx,
        Relay = Relay,
    }
}

state! {
    /// How a relay is reached.
    pub enum IceServerTransportProtocol {
        Udp = TransportUdp,
        Tcp = TransportTcp,
        Tls = TransportTls,
    }
}

state! {
    /// Which side opens a TCP candidate.
    pub enum IceTcpCandidateType {
        Active = CandidateActive,
        Passive = CandidatePassive,
        So = CandidateSo,
    }
}

state! {
    /// The state of a data channel.
    pub enum DataChannelState {
        Connecting = DcConnecting,
        Open = DcOpen,
        Closing = DcClosing,
        Closed = DcClosed,
    }
}
