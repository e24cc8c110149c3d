"""The invariants: what must hold, and by what means it does. Tests name them by `@pytest.mark.invariant("I1")`."""

from reconciler.domain.frozen import frozen


@frozen
class Invariant:
    """
    One of them.

    Attributes:
        claim: what must hold.
        mechanism: what makes it hold.
        pending: the feature that it belongs to, where that is not there yet; such a one needs no test.
    """

    claim: str
    mechanism: str
    pending: str = ""


INVARIANTS = {
    "I1": Invariant(
        claim="Never two live processes for one slot",
        mechanism="the child inherits the descriptor of the slot's lock; one writer; one living row in the store",
    ),
    "I2": Invariant(
        claim="Never a signal to a process that is not ours",
        mechanism="boot id, pid, start ticks, pidfd inode and marks, checked after the pidfd is open",
    ),
    "I3": Invariant(
        claim="The process that gets SIGKILL is the one that got SIGTERM",
        mechanism="one pidfd is held from the first signal to the last",
    ),
    "I4": Invariant(
        claim="A title, a command line or a port alone proves nothing",
        mechanism="marks in the environment; what cannot be read is not ours",
    ),
    "I5": Invariant(
        claim="Servers outlive this program, whatever ends it, with the same pid",
        mechanism="a session of their own, output to files, nothing that breaks when we go",
    ),
    "I6": Invariant(
        claim="A stop wins over a restart in flight", mechanism="one worker a resource", pending="reconcile watch"
    ),
    "I7": Invariant(
        claim="What a server forked ends with it",
        mechanism="survivors are found by the marks that they inherited, and ended before a new start",
    ),
    "I8": Invariant(
        claim="A zombie does not run", mechanism="a readable pidfd is dead, and so is a process in state Z or X"
    ),
    "I9": Invariant(
        claim="Inputs that rest lead to the declared state, and then to no more actions",
        mechanism="each pass looks at everything anew",
    ),
    "I10": Invariant(
        claim="Applied twice, the second time does nothing: no signal, no write",
        mechanism="the same comparison decides both times",
    ),
    "I11": Invariant(
        claim="What did not change is not restarted", mechanism="documents are compared field by field, a resource each"
    ),
    "I12": Invariant(
        claim="A crash at any point leads to the same end as no crash",
        mechanism="intents before acts, marks on children, outcomes together with the record that they make true",
    ),
    "I13": Invariant(
        claim="The order of events does not matter", mechanism="events say only that it is time to look again"
    ),
    "I14": Invariant(claim="Lost events are made up for", mechanism="a pass needs no event; it reads everything"),
    "I15": Invariant(
        claim="An incomplete look causes no action",
        mechanism="a fact is known, absent or unknown; unknown stops and starts nothing",
    ),
    "I16": Invariant(
        claim="Apply does the plan that was shown, or nothing",
        mechanism="a plan carries what it was computed from: lineage, serial, spec, boot, identities",
    ),
    "I17": Invariant(
        claim="A new version of this program plans no change",
        mechanism="documents are brought to today's form before they are compared; no hashes, no command lines",
    ),
    "I18": Invariant(
        claim="Two owners of a name or a port are refused before anything is touched",
        mechanism="rules over the whole fleet",
    ),
    "I19": Invariant(
        claim="Nothing ends everything by accident",
        mechanism="`max_stop`, `allow_empty`, a missing path is an error, another origin is an objection",
    ),
    "I20": Invariant(claim="A configuration with an error changes nothing", mechanism="read all, check all, then act"),
    "I21": Invariant(
        claim="A file that is half written is not applied",
        mechanism="what cannot be parsed or fails a check changes nothing",
    ),
    "I22": Invariant(
        claim="A change that fails keeps or restores the version before",
        mechanism="pre-flight first; the document of the version before is started again",
    ),
    "I23": Invariant(
        claim="Going back is reported as a failure", mechanism="exit 5, the failed digest stays in the record"
    ),
    "I24": Invariant(
        claim="Health that flaps does not undo a finished change",
        mechanism="a run ends; what happens later is no part of it",
    ),
    "I25": Invariant(
        claim="A new revision preempts a wait",
        mechanism="a wait is a state, no blocked task",
        pending="reconcile watch",
    ),
    "I26": Invariant(
        claim="Back-off outlives a restart of the daemon", mechanism="attempts are recorded", pending="reconcile watch"
    ),
    "I27": Invariant(
        claim="What is protected is not stopped when it leaves the file, is renamed or rolled back",
        mechanism="the mark stands in the record, not in the file alone",
    ),
    "I28": Invariant(
        claim="No secret in a command line, plan, message, log, store or backup",
        mechanism="references; values go by the environment or a 0600 file; an HMAC is compared",
    ),
    "I29": Invariant(claim="Hiding a secret changes no other text", mechanism="by field, never by replacing text"),
    "I30": Invariant(
        claim="The journal has a row before each act",
        mechanism="one transaction a wave, on the disk before the first act",
    ),
    "I31": Invariant(
        claim="A migration happens whole or not at all; what was before is kept",
        mechanism="one explicit transaction each, after a verified backup",
    ),
    "I32": Invariant(
        claim="Readers and the writer wait for each other at most one transaction", mechanism="short transactions"
    ),
    "I33": Invariant(
        claim="Write-ahead logging only where SQLite cannot corrupt it",
        mechanism="versions with the defect and network file systems use a rollback journal",
    ),
    "I34": Invariant(
        claim="A full or read-only disk, or a clock that jumps, kills nothing",
        mechanism="timers are monotonic; what cannot be written is said and not done",
    ),
    "I35": Invariant(claim="After a reboot no old identity counts", mechanism="the boot id is compared first"),
}
