const OPERATORS = ['UNIQUE', 'CLUSTER', 'GROUP_BY', 'LIKE', 'UNLIKE', 'MAX_PER', 'IS'];
const INTEGER = /^[+-]?\d+$/;
const LITERAL = /^[a-zA-Z0-9_/.-]*$/;

/** What is wrong with `[field, operator, value?]`; null when nothing is (api/v2/validation/SchedulingValidation.scala). */
export function constraintProblem([field = '', given = '', value]: string[]): string | null {
  if (field === '') return 'illegal constraint specification';
  const operator = given.toUpperCase();
  if (!OPERATORS.includes(operator)) {
    return `operator must be one of the following UNIQUE, CLUSTER, GROUP_BY, LIKE, MAX_PER, UNLIKE or IS`;
  }
  switch (operator) {
    case 'UNIQUE':
      return value === undefined ? null : 'UNIQUE does not accept a value';
    case 'GROUP_BY':
      return value === undefined || INTEGER.test(value)
        ? null
        : 'GROUP BY must define an integer value or else no value at all';
    case 'MAX_PER':
      return value !== undefined && INTEGER.test(value) ? null : 'MAX_PER requires an integer value';
    case 'LIKE':
    case 'UNLIKE':
      if (value === undefined) return 'LIKE and UNLIKE require a non-empty, regular expression value';
      return isPattern(value) ? null : 'is not a valid regular expression';
    case 'IS':
      return LITERAL.test(value ?? '')
        ? null
        : 'IS only supports Mesos text and float values (see http://mesos.apache.org/documentation/latest/attributes-resources/)';
    default:
      return null;
  }
}

function isPattern(text: string): boolean {
  try {
    return new RegExp(text) instanceof RegExp;
  } catch {
    return false;
  }
}
