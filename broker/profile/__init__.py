"""How good a source's data is, for its owner, before anyone is told of it. Pure: rows in, a profile out.

    questions   what is asked of every row: names, dates, numbers, places, contacts, scope, a file each
    tally       counts the answers, and no more than counts
    figures     what may be published of counts: small numbers are not
    profile     the published tables, facts and findings of one source
    page        the profile as one HTML file

It never holds a value of a person. Rows come from a survey, which only the command line may make.
"""
