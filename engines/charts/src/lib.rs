//! Charts and tile maps as SVG texts, the same for pages and documents. See README.md.

mod ranking;
mod ring;
mod share;
mod svg;
mod tiles;
mod trend;

pub use ranking::{Row, ranking};
pub use ring::{Slice, ring};
pub use share::{Share, share};
pub use svg::{Tone, Width};
pub use tiles::{Tile, tile_map};
pub use trend::{Point, trend};

#[cfg(test)]
mod tests;
