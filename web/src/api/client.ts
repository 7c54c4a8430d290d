import createFetchClient from 'openapi-fetch';
import createQueryHooks from 'openapi-react-query';
import type { paths } from './schema';
import { chosenBusiness } from './session';

let over: () => void = () => {};
/** What happens when the server no longer knows who we are. */
export const whenOver = (then: () => void) => {
  over = then;
};

export const api = createFetchClient<paths>({ baseUrl: '/', credentials: 'same-origin' });
api.use({
  onRequest({ request }) {
    const slug = chosenBusiness();
    if (slug) request.headers.set('Flyt-Business', slug);
    return request;
  },
  onResponse({ response }) {
    if (response.status === 401) over();
  },
});
export const $api = createQueryHooks(api);
