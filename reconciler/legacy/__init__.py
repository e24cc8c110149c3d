"""
Databases of the dashboard that users come from: every vintage, read safely and understood.

MUST never write to a source or beside it, except in the migration in place that a user asked for by name. What a file
holds is other people's work: any value may be missing, of another type, or hostile, and none may end in a traceback.
Values go out as values; the secrets among them are named where they are known and never put into a message.
"""
