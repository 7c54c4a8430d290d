import app from './app.json';
import bookings from './bookings.json';
import builder from './builder.json';
import common from './common.json';
import customers from './customers.json';
import editor from './editor.json';
import messages from './messages.json';
import people from './people.json';
import settings from './settings.json';
import today from './today.json';
import workflows from './workflows.json';

export default {
  ...app,
  bookings,
  builder,
  editor,
  today,
  workflows,
  common,
  customers,
  messages,
  people,
  settings,
};
