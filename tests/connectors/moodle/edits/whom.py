"""Who is derived, as pairs of course and learner."""


def learners(course, *users):
    """Learners of a course; without any, everybody in it."""
    return [(course, user) for user in users] or [(course, None)]
