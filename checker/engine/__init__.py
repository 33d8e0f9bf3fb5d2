"""The engine: answers in, assessment out. Plain Python and NumPy, never Django.

Read in this order: `vocabulary` (the shared words), `knowledge` (the frozen knowledge base, built and
validated from a release), `questionnaire` (replaying answers, choosing what to ask next), `evidence`
(answers to findings), `matching` (what fits), `urgency` (how soon), `assessment` (all of it at once).
"""
