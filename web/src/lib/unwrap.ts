import { problemOf } from './problem';

type Answer<T> = { data?: T; error?: unknown; response: Response };

/** The answer of a call, or its problem thrown: what queries and acts expect. */
export async function unwrap<T>(call: Promise<Answer<T>>): Promise<T> {
  const { data, error, response } = await call;
  if (response.ok) return data as T;
  throw problemOf(error ? { status: response.status, ...(error as object) } : { status: response.status });
}
