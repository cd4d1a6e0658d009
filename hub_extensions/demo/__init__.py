"""The demonstration: a cast, a scenery on open and synthetic data, and the main job played end to end.

Only what has no public interface is done as the installation itself (the first administrator, the files of data sets);
everything else goes through the sign-in page, the portal's API and the gateway, as a person's program would.
"""
