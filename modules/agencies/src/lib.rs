//! Agencies, heads, lines, succession; provinces and communes
