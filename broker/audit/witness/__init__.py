"""Witnesses: other parties who cosign the log's checkpoints, so that history can't be signed again in secret.

``cosignature`` is what they sign, ``deciding``, ``memory`` and ``server`` are a witness, and ``client``,
``standing`` and ``watching`` are how a broker asks its own.
"""
