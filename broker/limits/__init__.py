"""How much one person may ask: questions, different people, and one person again and again.

It is counted from the audit log, which all brokers of a partnership share, and so holds across them. What is found
afterwards, and looked at by a human, is for ``broker.audit.watching``; this acts before.

    settings.py   how much: ``limits`` of broker.yaml
    counting.py   whether it is too much, and until when (pure)
    limits.py     what the flow asks
"""
