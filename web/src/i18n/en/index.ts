import app from './app.json';
import bookings from './bookings.json';
import common from './common.json';
import customers from './customers.json';
import messages from './messages.json';
import people from './people.json';
import settings from './settings.json';

export default { ...app, bookings, common, customers, messages, people, settings };
