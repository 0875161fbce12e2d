mod fleet;
mod one;
mod random;
