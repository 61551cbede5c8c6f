//! People, dated posts, contact points
