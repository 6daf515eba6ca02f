//! Exactly once: the daemon is killed between the commit and the move, the server forgets its numbers, and nothing is lost.
