"""These tests need neither `gtc` nor componentize-py: `python3 -m unittest` runs them."""

import unittest

import checks


class Checks(unittest.TestCase):
    def test_a_version_is_found(self):
        self.assertEqual(checks.version_in("Python 3.11.7\n"), "3.11.7")
        self.assertIsNone(checks.version_in("command not understood"))

    def test_an_old_version_is_refused(self):
        self.assertTrue(checks.is_new_enough("3.11.7"))
        self.assertTrue(checks.is_new_enough("3.9"))
        self.assertFalse(checks.is_new_enough("3.8.10"))


if __name__ == "__main__":
    unittest.main()
