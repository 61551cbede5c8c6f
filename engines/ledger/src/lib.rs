//! Merkle log, proofs and signed checkpoints (C2SP tlog-checkpoint, signed-note)
