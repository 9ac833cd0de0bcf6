"""From a project and its graph to findings: the rules, their codes, their scope."""
