mod fleet;
mod random;
mod single_worker;
