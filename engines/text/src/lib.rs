//! Vietnamese text: folding, keys, numbers and dates as people write them
