//! What every package of Parlor needs: settings and where they come from, connections to servers,
//! the clock, random values and WAV files.

pub mod clock;
pub mod dial;
pub mod random;
pub mod settings;
pub mod spelling;
pub mod wav;
pub mod websocket;
