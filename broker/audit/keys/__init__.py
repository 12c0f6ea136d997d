"""The audit log's keys: one directory, readable by the broker's account only.

    root.key             wraps every other key; itself wrapped where there is a key provider (``providers``)
    epoch-NAME.key       an epoch: the key that wraps its other keys, and the key of its tags
    signing.key          Ed25519, signs checkpoints
    signing-before.key   the one before, while both sign
    verifiers.json       public: every key that ever signed, with dates
    registers.key        of the partnership's own registers, and of what commands hand in
    keystore.key         the keystore's periods: without its period's key no copy of it opens
    keystore.db          a key per person; destroying one makes that person unreadable

An entry is written under the newest epoch, and names it. Nothing here is overwritten but ``verifiers.json`` and
``keystore.key``: what is new is a new file, what is destroyed is a file that is gone.
"""

from broker.audit.keys.files import KeysExist, KeysMissing
from broker.audit.keys.making import create_keys
from broker.audit.keys.ring import Keys, load_keys

__all__ = ["Keys", "KeysExist", "KeysMissing", "create_keys", "load_keys"]
