"""Purpose rules: who may ask for what, about whom, and how much of it they may be shown.

``load_purposes(path)`` reads a partnership's ``purposes.yaml``. ``permit(rules, asked)`` gives a grant, or
every reason why there is none. ``shipped/england.yaml`` is a whole set to start from.
"""
