//! Choice of the video encoder.

/// Preferred video encoder.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum VideoEncoderBackend {
    /// The engine chooses.
    #[default]
    Auto,
    /// A software encoder.
    Software,
    /// Any hardware encoder.
    Hardware,
    /// NVIDIA NVENC.
    Nvenc,
    /// VAAPI.
    Vaapi,
    /// Apple VideoToolbox.
    VideoToolbox,
    /// None; the application provides encoded frames.
    PreEncoded,
}
