"""``make bench``: how long the portal's work takes, and against what limit.

Every figure is taken in interleaved rounds on the machine at hand, so that a busy moment strikes both sides of a ratio.
A report says what held; nothing here fails a build, for a time is no test.
"""
