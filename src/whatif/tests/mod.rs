//! What must hold of the evaluator: by the facts, and from the side of who asks.

mod vocabulary;
